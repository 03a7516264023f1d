/** Times on the timeline: "1:23.456". */

/** Minutes, seconds and `decimals` digits of a second; hours where there are any. Negative times keep their sign. */
export function timeText(seconds: number, decimals = 3): string {
  const unit = 10 ** decimals;
  const total = Math.round(Math.abs(seconds) * unit);
  const whole = Math.floor(total / unit);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const padded = (value: number): string => String(value).padStart(2, '0');
  const fraction = decimals > 0 ? `.${String(total % unit).padStart(decimals, '0')}` : '';
  const clock = hours > 0 ? `${hours}:${padded(minutes)}` : String(minutes);
  return `${seconds < 0 && total > 0 ? '−' : ''}${clock}:${padded(rest)}${fraction}`;
}
