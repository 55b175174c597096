// Makes the chat quicker. Everything also works without it: the forms post, the page comes back.
(() => {
  "use strict";
  const root = document.documentElement;
  const log = document.getElementById("log");
  const line = document.getElementById("line");
  const say = document.getElementById("say");
  const typed = document.getElementById("text");
  const RETRY = 4000; // milliseconds between two tries when the network is gone
  const SLOW = 700; // milliseconds after which one is told that it is being sent
  const YEAR = 31536000;
  let sending = null; // {body, form, button} until the server has it
  let timer = 0;
  let slow = 0;

  const newest = () => log.lastElementChild;
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  function nonce() {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // Takes over messages rendered by the server, each once, and lets go of those that are no longer kept.
  function show(html) {
    const part = new DOMParser().parseFromString(html, "text/html").querySelector("[data-first]");
    if (!part) return [];
    if (part.dataset.language !== root.lang || part.dataset.person !== log.dataset.person) {
      location.reload();
      return [];
    }
    const come = [];
    for (const fresh of part.querySelectorAll("article")) {
      const known = document.getElementById(fresh.id);
      if (known && BigInt(known.dataset.latest) >= BigInt(fresh.dataset.latest)) continue;
      if (known) {
        known.replaceWith(fresh);
      } else {
        fresh.dataset.new = "";
        log.append(fresh);
        come.push(fresh);
      }
    }
    for (const old of [...log.children]) {
      if (BigInt(old.id.slice(1)) < BigInt(part.dataset.first)) old.remove();
    }
    log.dataset.latest = part.dataset.latest;
    return come;
  }

  function lead(come, tapped) {
    if (!come.length) return;
    hush();
    document.querySelector("main").classList.remove("first");
    come[0].scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
    const head = come[0].querySelector("h2");
    if (tapped && head) head.focus({ preventScroll: true });
  }

  // --- what is below the screen, so that nobody takes half a message for the whole

  const page = document.querySelector("main");
  const below = document.getElementById("below");

  const hidden = () => { // how far the last big answer, or the end, is below the screen
    const answers = newest()?.querySelectorAll(".answers button:not(.small)") || [];
    const end = answers[answers.length - 1] || newest();
    return end ? end.getBoundingClientRect().bottom - page.getBoundingClientRect().bottom : 0;
  };
  const look = () => { below.hidden = hidden() < 12; };

  below.addEventListener("click", () => {
    page.scrollBy({ top: Math.min(hidden() + 16, page.clientHeight * 0.8), behavior: calm() ? "auto" : "smooth" });
  });
  page.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(page);
  new ResizeObserver(look).observe(log);

  // --- sending: one thing at a time, under the same nonce until the server has it

  async function send() {
    clearTimeout(timer);
    const job = sending;
    let answer;
    try {
      answer = await fetch("/", { method: "POST", body: job.body, headers: { "X-After": log.dataset.latest } });
    } catch {
      return later(job);
    }
    if (sending !== job) return; // an earlier try of it came through
    if (answer.status >= 500) return later(job);
    if (!answer.ok) return location.assign("/");
    const come = show(await answer.text());
    done(job);
    lead(come, Boolean(job.button));
    const sound = come.map((one) => one.querySelector("audio")).find(Boolean);
    if (sound) play(sound);
    else if (job.aloud) read(wordsOf(newest()));
  }

  function later(job) {
    if (sending !== job) return;
    clearTimeout(slow);
    line.textContent = line.dataset.offline;
    clearTimeout(timer);
    timer = setTimeout(send, RETRY);
  }

  function done(job) {
    sending = null;
    clearTimeout(slow);
    line.textContent = "";
    if (job.button) {
      delete job.button.dataset.sent;
      for (const button of job.form.querySelectorAll("button")) button.disabled = false;
    } else {
      typed.value = "";
      typed.readOnly = false;
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter && event.submitter.name ? event.submitter : null;
    event.preventDefault();
    if (button && button.name === "size") return resize(button);
    if (sending) return;
    const body = new URLSearchParams(new FormData(form));
    if (button) body.set(button.name, button.value);
    body.set("nonce", nonce());
    sending = { body, form, button, aloud: button !== null && "aloud" in button.dataset };
    if (button) {
      button.dataset.sent = "";
      for (const one of form.querySelectorAll("button")) one.disabled = true;
    } else {
      typed.readOnly = true;
    }
    if (sending.aloud) unlock();
    slow = setTimeout(() => { line.textContent = line.dataset.sending; }, SLOW);
    send();
  });

  // --- reading aloud: what was recorded; else with the browser's own voice; else with the bot's draft voice

  const ours = (voice) => voice.lang.slice(0, 2) === root.lang.slice(0, 2);
  const voices = () => ("speechSynthesis" in window ? speechSynthesis.getVoices() : []);
  const wordsOf = (message) => [...message.querySelectorAll("h2, .body p")].map((one) => one.textContent).join("\n");

  function unlock() { // browsers let a page speak only from within a tap
    if ("speechSynthesis" in window) speechSynthesis.speak(new SpeechSynthesisUtterance(""));
  }

  function hush() { // one voice at a time
    for (const sound of document.querySelectorAll("audio")) sound.pause();
    if ("speechSynthesis" in window) speechSynthesis.cancel();
  }

  function play(sound) {
    hush();
    const words = sound.dataset.words; // of a draft: a phone that speaks the language does it better
    if (words && voices().some(ours)) return read(words);
    sound.play().catch(() => { if (words) read(words); });
  }

  function read(words) {
    if (!("speechSynthesis" in window)) return;
    const language = root.lang === "vi" ? "vi-VN" : root.lang;
    if (voices().length && !voices().some(ours)) {
      line.textContent = line.dataset.voice;
      return;
    }
    const voice = new SpeechSynthesisUtterance(words);
    voice.lang = language;
    voice.rate = 0.9;
    hush();
    speechSynthesis.speak(voice);
  }

  // --- size of letters

  function resize(button) {
    const sizes = ["18", "22", "26"];
    const size = button.value;
    root.className = `size-${size}`;
    button.value = sizes[(sizes.indexOf(size) + 1) % sizes.length];
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `size=${size}; Max-Age=${YEAR}; Path=/; SameSite=Lax${secure}`;
    newest()?.scrollIntoView({ block: "start" });
  }

  // --- messages that come by themselves: another tab, a reminder

  let stream = null;
  function listen() {
    if (stream && stream.readyState !== EventSource.CLOSED) return;
    stream = new EventSource(`/events?after=${log.dataset.latest}`);
    stream.onmessage = (event) => {
      if (!sending) lead(show(event.data), false); // while sending, the answer brings it
    };
    stream.onerror = () => {
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 30000);
    };
  }

  addEventListener("online", () => {
    if (sending) send();
    listen();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) listen();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
  listen();
  if (!document.querySelector("main.first")) newest()?.scrollIntoView({ block: "start" });
})();
