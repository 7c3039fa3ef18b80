/** The few words that a document needs beyond its own text. */
export interface Words {
  readonly page: string;
  readonly of: string;
  /** Said at the end of a PDF some of whose characters no font has; `{list}` is replaced. */
  readonly missing: string;
}

const WORDS: Readonly<Record<string, Words>> = {
  en: {
    page: 'Page',
    of: 'of',
    missing:
      'No installed font has these characters; each stands in the text as its Unicode number in brackets: {list}. reports/README.md of Lethe names the optional font packages.',
  },
  de: {
    page: 'Seite',
    of: 'von',
    missing:
      'Diese Zeichen hat keine der installierten Schriften; jedes steht im Text als seine Unicode-Nummer in Klammern: {list}. reports/README.md von Lethe nennt die Schriftpakete, die sich zusätzlich installieren lassen.',
  },
  fr: {
    page: 'Page',
    of: 'sur',
    missing:
      'Aucune police installée n’a ces caractères ; chacun figure dans le texte par son numéro Unicode entre crochets : {list}. Le fichier reports/README.md de Lethe indique les polices que l’on peut ajouter.',
  },
  es: {
    page: 'Página',
    of: 'de',
    missing:
      'Ninguna fuente instalada tiene estos caracteres; cada uno aparece en el texto como su número Unicode entre corchetes: {list}. El archivo reports/README.md de Lethe indica las fuentes que se pueden añadir.',
  },
  it: {
    page: 'Pagina',
    of: 'di',
    missing:
      'Nessun carattere tipografico installato ha questi segni; ciascuno compare nel testo con il suo numero Unicode tra parentesi quadre: {list}. Il file reports/README.md di Lethe indica i caratteri che si possono aggiungere.',
  },
};

const ENGLISH = WORDS['en'] as Words;

/** The words of a language (`de-AT` reads `de`); English where there are none. */
export const wordsOf = (language: string): Words => WORDS[language.split('-')[0] ?? ''] ?? ENGLISH;
