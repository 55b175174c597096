"""Tips written in the chat: typed, seen as people will see them, aimed, counted, confirmed by typing the number, sent.

words.py    what a tip is made of: text, audience, faults, what is said of it
writing.py  the writer: the text, the place, for whom
typed.py    what is typed meanwhile
sending.py  the time and the number: who may send sends, else somebody is asked
deciding.py who is asked: sends, approves, refuses
sent.py     what was sent: the list, how far it is, pause, resume, stop
work.py     due work: counting, sending (too slow for a turn: there may be a million people)
"""
