export EMOTION_TOKEN=paste-the-token-here

# Which streams run
curl -H "Authorization: Bearer $EMOTION_TOKEN" http://localhost:8501/api/v1/live

# Follow one, five frames a second, until Ctrl+C
curl -N -H "Authorization: Bearer $EMOTION_TOKEN" \
  "http://localhost:8501/api/v1/live/STREAM/events?rate=5"

# Set a mark in its recording
curl -H "Authorization: Bearer $EMOTION_TOKEN" -H "Content-Type: application/json" \
  -d '{"label": "question"}' http://localhost:8501/api/v1/live/STREAM/marks

# Have a picture read (a token that may analyze)
curl -H "Authorization: Bearer $EMOTION_TOKEN" -F pictures=@photo.jpg \
  http://localhost:8501/api/v1/analyze
