import os

import requests

MARKS = "http://localhost:8501/api/v1/live/STREAM/marks"
TOKEN = {"Authorization": "Bearer " + os.environ["EMOTION_TOKEN"]}
connection = requests.Session()  # one connection for all marks: each takes a millisecond then


def mark(label):
    """Call it after win.flip(): win.callOnFlip(mark, "picture 1")."""
    connection.post(MARKS, json={"label": label}, headers=TOKEN, timeout=2)


mark("hello")
