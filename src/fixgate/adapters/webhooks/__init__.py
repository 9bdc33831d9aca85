"""Telling other systems of alerts, over HTTP.

Here: a thread for each webhook. Not here: what is an alert (application.alarms).
"""
