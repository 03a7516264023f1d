/** A made-up voice: harmonics of a gliding tone through three moving formants, in phrases, with breath. Mono, 44.1 kHz. */
export function madeUpVoice(seconds: number, seed: number): Float32Array {
  const rate = 44_100;
  let state = seed;
  const noise = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0) / 2 ** 31;
  const notes = Array.from(
    { length: Math.ceil(seconds / 0.4) + 1 },
    () => 150 * 2 ** (Math.floor(6 * Math.abs(noise())) / 6),
  );
  let phase = 0;
  let breath = 0;
  return Float32Array.from({ length: Math.round(seconds * rate) }, (_, n) => {
    const t = n / rate;
    const note = Math.floor(t / 0.4);
    const within = t / 0.4 - note;
    const frequency = notes[note]! * (1 + 0.01 * Math.sin(2 * Math.PI * 5.5 * t));
    phase += (2 * Math.PI * frequency) / rate;
    const formants = [500 + 250 * Math.sin(1.7 * t), 1500 + 500 * Math.sin(1.1 * t), 2700];
    let sum = 0;
    for (let k = 1; k <= 18; k++) {
      const f = k * frequency;
      let gain = 0;
      for (const formant of formants) gain += 1 / (1 + ((f - formant) / 180) ** 2);
      sum += (gain * Math.sin(k * phase)) / Math.sqrt(k);
    }
    breath += 0.3 * (noise() - breath);
    const phrase = Math.sin((2 * Math.PI * t) / 3.1) > -0.6 ? 1 : 0.02;
    return phrase * Math.sin(Math.PI * within) ** 0.5 * (0.12 * sum + 0.01 * breath) + 1e-4 * noise();
  });
}
