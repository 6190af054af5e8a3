/** What spreadsheets take for the beginning of a formula. */
const FORMULA = /^(?=[=+\-@\t\r])/;
/**
 * The same where some of them part cells, and rows, by signs of their own. A quote there begins a
 * quoted cell to them.
 */
const FORMULA_WITHIN = /[;\t\r\n]"*(?=[=+\-@\t\r])/g;

function cell(text: string): string {
  const plain = text.replace(FORMULA_WITHIN, "$&'").replace(FORMULA, "'");
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** A table as RFC 4180 has it; no text of it is calculated by who opens it. */
export function toCsv(columns: string[], rows: string[][]): string {
  return [columns, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}
