/** Tables as text: UTF-8, commas, a head line, full precision. */

export type CsvLine = readonly (string | number | null)[];

/** null is an empty cell. */
export function csvText(lines: readonly CsvLine[]): string {
  const cell = (value: string | number | null): string => {
    if (value === null) return '';
    const text = String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${lines.map((line) => line.map(cell).join(',')).join('\n')}\n`;
}
