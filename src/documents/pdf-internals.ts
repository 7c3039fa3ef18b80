import type PDFDocument from 'pdfkit';

/** The parts of PDFKit that its types leave out and that are used here; checked by the tests that read the PDF. */
export interface PdfInternals {
  readonly _font: EmbeddedFont;
  appendXML(xml: string): void;
  readonly readableLength: number;
  ref(data: object): FormReference;
}

export interface EmbeddedFont {
  readonly id: string;
  layoutCache: Record<string, unknown>;
  /** The code points that each glyph of the subset stands for. */
  readonly unicode: (readonly number[])[];
  encode(text: string): readonly [readonly string[], unknown];
  ref(): object;
}

export interface FormReference {
  end(content: string): void;
}

export const internalsOf = (pdf: PDFKit.PDFDocument): PdfInternals => pdf as unknown as PdfInternals;

/**
 * A text for the document's properties. PDFKit puts it into a PDF string, as which it stands for itself, and into XML
 * by a template, for which it has to be escaped.
 */
export class PropertyText extends String {
  override toString(): string {
    return this.valueOf().replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
  }
}

/** PDF/UA-1 (ISO 14289). PDFKit's own switch also writes a CIDSet, which leaves out the parts of composed letters. */
export const UNIVERSAL_ACCESS = `
        <rdf:Description xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" rdf:about="">
            <pdfuaid:part>1</pdfuaid:part>
        </rdf:Description>
        `;

export type Pdf = InstanceType<typeof PDFDocument>;
