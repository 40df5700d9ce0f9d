import os

from emotion_core.client import Client

with Client("http://localhost:8501", os.environ["EMOTION_TOKEN"]) as client:
    for frame in client.live("STREAM"):
        for face in frame.faces:
            print(frame.frame, face.person, face.answer, face.scores["happy"])
