"""NVIDIA's cards and the container that is to have them: the host's word, the container's and the model server's."""
