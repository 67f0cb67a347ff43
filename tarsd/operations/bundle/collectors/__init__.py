"""What goes into a bundle, by subject: each collector names its files and streams them raw.

None of it leaves as it is: whoever runs the collectors pipes every stream through the redactor.
"""
