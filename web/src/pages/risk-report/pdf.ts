// A risk report as a PDF, drawn in the browser. Fetched when somebody wants one.

import { jsPDF } from "jspdf";
import { autoTable } from "jspdf-autotable";
import type { Language } from "../../text/language";
import type { RiskDocument } from "./compose";
import { addSong } from "./song";
import { riskReportText } from "./text";
import { writable as inLetters, lettersOf } from "./writable";

/** Millimetres of an A4 page. */
const MARGIN = 14;
const FOOT = 10;
/** Points. */
const TITLE = 18;
const HEADING = 12;
const TEXT = 8;
const INK = "#17202a";
const MUTED = "#55616e";
const HEAD = "#0a5cad";

const TAGS = { en: "en-GB", zh: "zh-CN" } as const;

/** Draws a report that is composed in a language. */
export function toPdf(report: RiskDocument, language: Language): Blob {
  const t = riskReportText[language];
  const pdf = new jsPDF({ format: "a4", orientation: "landscape" });
  const letters = lettersOf(textsOf(report));
  const font = letters === "chinese" ? addSong(pdf) : "helvetica";
  const writable = (text: string) => inLetters(text, letters);
  pdf.setFont(font, "normal");
  pdf.setProperties({ title: writable(report.title), creator: "Palisade" });
  pdf.setLanguage(TAGS[language]);
  const height = pdf.internal.pageSize.getHeight();
  pdf
    .setTextColor(INK)
    .setFontSize(TITLE)
    .text(writable(report.title), MARGIN, MARGIN + 4);
  pdf.setTextColor(MUTED).setFontSize(TEXT + 2);
  pdf.text(writable(`Palisade – ${report.subtitle}`), MARGIN, MARGIN + 11);
  let below = MARGIN + 14;
  const table = (columns: string[], rows: string[][]) => {
    autoTable(pdf, {
      startY: below,
      margin: { left: MARGIN, right: MARGIN, bottom: MARGIN + FOOT },
      head: columns.length > 0 ? [columns.map(writable)] : [],
      body: rows.map((row) => row.map(writable)),
      styles: { font, fontSize: TEXT, textColor: INK, cellPadding: 1.5, overflow: "linebreak" },
      headStyles: { fillColor: HEAD, textColor: "#ffffff" },
      alternateRowStyles: { fillColor: "#f4f6f8" },
      didDrawPage: ({ cursor }) => {
        below = (cursor?.y ?? MARGIN) + 2;
      },
    });
  };
  table([], report.facts);
  for (const part of report.parts) {
    // A heading does not stand alone at the foot of a page.
    if (below > height - 4 * MARGIN) {
      pdf.addPage();
      below = MARGIN;
    }
    pdf
      .setTextColor(INK)
      .setFontSize(HEADING)
      .text(writable(part.title), MARGIN, below + 7);
    below += 10;
    if (part.rows.length > 0) table(part.columns, part.rows);
    if (part.note) {
      pdf
        .setTextColor(MUTED)
        .setFontSize(TEXT)
        .text(writable(part.note), MARGIN, below + 3);
      below += 5;
    }
  }
  const pages = pdf.getNumberOfPages();
  for (let page = 1; page <= pages; page += 1) {
    pdf.setPage(page);
    pdf.setTextColor(MUTED).setFontSize(TEXT);
    pdf.setFont(font, "normal").text(writable(t.page(page, pages)), MARGIN, height - FOOT / 2);
  }
  return pdf.output("blob");
}

function textsOf({ title, subtitle, facts, parts }: RiskDocument): string[] {
  const ofParts = parts.flatMap((part) => [part.title, part.note, ...part.columns, ...part.rows]);
  return [title, subtitle, ...facts, ...ofParts].flat();
}
