"""Calls for help: a person asks, a helper of their team takes it, both talk through the bot.

asking.py   the person's side: the offer, where they live, the call
helping.py  the helper's side: on duty, the queue, taking a call, passing it on
relay.py    what is typed goes to the other side; how it ends
watch.py    due work: who is told, and who next when nobody takes it
"""
