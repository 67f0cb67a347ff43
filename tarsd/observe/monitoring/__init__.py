"""Prometheus rules, an Alertmanager's configuration and a dashboard, made of the catalogue and the definitions of metrics.

Nothing of it is part of the running daemon: packaging/monitoring.py writes what lies in etc/monitoring.
"""
