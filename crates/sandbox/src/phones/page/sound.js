// Rings, keys and voices: nothing is heard until a person allows it.

import { line } from "./world.js";

export const sound = {
  context: null,
  /** Heard, or not any more. */
  toggle() {
    if (this.context) {
      this.context.close();
      window.speechSynthesis?.cancel();
    }
    this.context = this.context ? null : new AudioContext();
    return Boolean(this.context);
  },
  playing: null,
  spoken: new Set(),
  /** What is to be heard now: a ring before the tone that tells of one. */
  follow(phones) {
    const phases = phones.map((phone) => line(phone)?.phase);
    const wanted = this.context && (["ringing", "rings_there"].find((phase) => phases.includes(phase)) ?? null);
    if (wanted !== (this.playing?.kind ?? null)) {
      clearInterval(this.playing?.timer);
      this.playing = null;
      if (wanted) {
        const rings = wanted === "ringing";
        const once = () => {
          if (rings) for (const at of [0, 0.45]) this.beep([440, 480], at, 0.35);
          else this.beep([440], 0, 1.2);
        };
        once();
        this.playing = { kind: wanted, timer: setInterval(once, rings ? 2200 : 3500) };
      }
    }
    for (const phone of phones) {
      const it = line(phone);
      it?.heard.forEach((said, index) => {
        const key = `${phone} ${it.shows} ${index} ${said.text}`;
        if (it.phase === "listening" && index === it.heard.length - 1 && !this.spoken.has(key)) this.speak(said);
        this.spoken.add(key);
      });
      if (it?.phase === "dialling" || it?.phase === "ringing") this.forget(phone);
    }
  },
  forget(phone) {
    for (const key of this.spoken) if (key.startsWith(phone)) this.spoken.delete(key);
  },
  speak({ text, language }) {
    if (!this.context || !("speechSynthesis" in window)) return;
    const said = new SpeechSynthesisUtterance(text);
    if (language) said.lang = language;
    speechSynthesis.speak(said);
  },
  beep(frequencies, at, seconds) {
    const gain = this.context.createGain();
    const from = this.context.currentTime + at;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(0.06, from + 0.02);
    gain.gain.setValueAtTime(0.06, from + seconds - 0.03);
    gain.gain.linearRampToValueAtTime(0, from + seconds);
    gain.connect(this.context.destination);
    for (const frequency of frequencies) {
      const source = this.context.createOscillator();
      source.frequency.value = frequency;
      source.connect(gain);
      source.start(from);
      source.stop(from + seconds);
    }
  },
};

const ROWS = [697, 770, 852, 941];
const COLUMNS = [1209, 1336, 1477];
export function tone(key) {
  const at = "123456789*0#".indexOf(key);
  if (sound.context) sound.beep([ROWS[Math.floor(at / 3)], COLUMNS[at % 3]], 0, 0.15);
}
