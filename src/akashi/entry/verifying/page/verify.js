// Camera and dropping. Without this script the form works as it is; nothing here talks to anybody but the form.
"use strict";

const byId = (id) => document.getElementById(id);

const answer = byId("answer");
if (answer) answer.focus();

const form = byId("form");
if (form) {
  const input = byId("file");
  document.querySelectorAll(".with-script").forEach((part) => { part.hidden = false; });

  form.addEventListener("submit", () => {
    byId("busy").textContent = byId("busy").dataset.text;
    stop();
  });

  // Dropping files anywhere on the field is choosing them.
  const drop = byId("drop");
  const mark = (on) => drop.classList.toggle("over", on);
  drop.addEventListener("dragover", (event) => { event.preventDefault(); mark(true); });
  drop.addEventListener("dragleave", () => mark(false));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    mark(false);
    if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
  });

  // The camera: one picture of it is handed in like a file.
  const video = byId("video");
  const open = byId("camera-open");
  let stream = null;

  function stop() {
    if (stream) stream.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
    byId("camera").hidden = true;
    open.hidden = false;
  }

  function failed() {
    byId("camera-problem").textContent = byId("camera-problem").dataset.text;
    stop();
  }

  open.addEventListener("click", async () => {
    byId("camera-problem").textContent = "";
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: "environment", width: { ideal: 2560 }, height: { ideal: 1440 } }, audio: false });
      video.srcObject = stream;
      byId("camera").hidden = false;
      open.hidden = true;
      byId("camera-take").focus();
    } catch {
      failed();
    }
  });

  byId("camera-close").addEventListener("click", () => { stop(); open.focus(); });

  byId("camera-take").addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    if (!canvas.width) { failed(); return; }
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      const chosen = new DataTransfer();
      chosen.items.add(new File([blob], "camera.png", { type: "image/png" }));
      input.files = chosen.files;
      form.requestSubmit();
    }, "image/png");
  });
}
