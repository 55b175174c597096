"""Calls for help: a person asks, a helper of their team takes it, both talk through the bot.

asking.py   the person's side: the offer, where they live, the call
helping.py  the helper's side: on duty, the queue, taking a call, passing it on
call.py     what both know of it: modes, notices, jobs
relay.py    what is typed goes to the other side; present.py says who that is at this moment
photo.py    photos, after a yes, by the platform's own id
missed.py   what did not arrive is told to whoever wrote it
ending.py   how a call ends, or goes on with somebody else
watch.py    due work: who is told, and who next when nobody takes it
"""
