const token = "paste-the-token-here";
const address = "http://localhost:8501/api/v1/live/STREAM/socket?rate=5";
const socket = new WebSocket(address.replace("http", "ws"), ["emotion-dashboard", `token.${token}`]);
socket.onmessage = ({ data }) => {
  const frame = JSON.parse(data);
  for (const face of frame.faces ?? []) {
    console.log(frame.frame, face.person, face.answer, face.scores.happy);
  }
};
