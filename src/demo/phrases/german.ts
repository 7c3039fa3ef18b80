import type { LanguagePhrases } from '../language.js';

export const GERMAN: LanguagePhrases = {
  hello: ['Guten Tag,', 'Hallo,', 'Sehr geehrte Damen und Herren,', 'Moin,'],
  regards: ['Mit freundlichen Grüßen', 'Viele Grüße', 'Beste Grüße', 'Danke und Gruß'],
  deskHello: 'Guten Tag {customer},',
  deskRegards: 'Freundliche Grüße\n{agent}\nBeispielkontor Kundendienst',
  thanks: [
    'Super, vielen Dank!',
    'Hat geklappt, danke für die schnelle Hilfe.',
    'Alles bestens, vielen herzlichen Dank.',
  ],
  again: [
    'Leider ist das Problem wieder da, genau wie vorher.',
    'Ich dachte, das sei erledigt, aber seitdem ist nichts passiert. Bitte schauen Sie noch einmal nach.',
  ],
  colleague: ['Ich übernehme das für {customer} in der Urlaubszeit. Bitte nehmen Sie mich in Kopie.'],
  merged: 'Das ist derselbe Vorgang wie {original}. Ich habe beide zusammengeführt, weiter geht es dort.',
  products: [
    'Wanderrucksack „Fell 40“',
    'Zweipersonenzelt „Tarn“',
    'Stirnlampe „Grat“',
    'Trinkflasche „Bach“',
    'Regenjacke „Moor“',
  ],
  topics: {
    order: {
      subjects: ['Falsche Größe bestellt', 'Bestellung stornieren', 'Änderung der Bestellung {order}'],
      opening: [
        'ich habe heute Morgen den Artikel {product} bestellt (Bestellung {order}) und die falsche Größe gewählt. Lässt sich das noch ändern?',
        'bitte stornieren Sie die Bestellung {order}. Ich habe doppelt geklickt.',
        'kann ich zur Bestellung {order} noch {product} dazunehmen?',
      ],
      question: [
        'gern. Welche Größe soll es denn werden?',
        'bestätigen Sie bitte kurz, dass {order} entfallen soll?',
      ],
      followUp: ['Größe L bitte, und an diese Anschrift: {address}.', 'Ja, genau die. Die andere bleibt.'],
      solution: [
        'die Bestellung {order} ist geändert. Die neue Bestätigung geht an {email}.',
        'die Bestellung {order} ist storniert, berechnet wird nichts.',
      ],
    },
    delivery: {
      subjects: [
        'Sendung {tracking} hängt fest',
        'Wo bleibt mein Paket?',
        'Bestellung {order} nicht angekommen',
      ],
      opening: [
        'die Sendung {tracking} steht seit dem {date} auf „in Zustellung“. Wann kommt sie?',
        'angeblich wurde das Paket übergeben, aber in {address} hat es niemand.',
        'die Bestellung {order} sollte letzte Woche da sein. Am Samstag fahren wir in den Urlaub.',
      ],
      question: [
        'das tut mir leid. Stimmt die Anschrift {address} noch, und erreichen wir Sie unter {phone}?',
        'ich habe einen Nachforschungsauftrag gestellt. Fragen Sie bitte auch bei den Nachbarn.',
      ],
      followUp: [
        'Die Anschrift stimmt. Am besten rufen Sie unter {phone} an, ab 16 Uhr bin ich zu Hause.',
        'Im ganzen Haus gefragt, nichts.',
      ],
      solution: [
        'das Paket ist gefunden und kommt morgen. Entschuldigen Sie das Warten.',
        'das Paket gilt als verloren. Heute kostenlos neu verschickt: {product}.',
      ],
    },
    refund: {
      subjects: ['Rücksendung {product}', 'Erstattung für {order}'],
      opening: [
        'ich habe {product} am {date} zurückgeschickt und die {amount} noch nicht erhalten. Mein Konto: {iban}.',
        'bitte erstatten Sie {amount} für die Bestellung {order}. Die Jacke passt nicht und ging ungetragen zurück.',
      ],
      question: [
        'danke. Schicken Sie uns bitte noch den Einlieferungsbeleg?',
        'gern. Auf welches Konto dürfen wir die {amount} überweisen?',
      ],
      followUp: ['Der Beleg hängt an.', 'Bitte auf {iban}, Kontoinhaber {customer}.'],
      solution: [
        'die {amount} sind heute überwiesen. Es kann drei Werktage dauern.',
        'anbei die Gutschrift zur Rechnung {invoice}, {amount} sind unterwegs.',
      ],
    },
    billing: {
      subjects: ['Rechnung mit USt-IdNr.', 'Doppelt abgebucht', 'Frage zur Rechnung {invoice}'],
      opening: [
        'unsere Buchhaltung braucht die Rechnung {invoice} noch einmal, ausgestellt auf {company}, {address}.',
        'für die Bestellung {order} wurde zweimal abgebucht: zweimal {amount}.',
        'auf der Rechnung {invoice} stehen {amount}, zugesagt waren zehn Prozent Rabatt.',
      ],
      question: [
        'ich kläre das mit der Buchhaltung. Welche Anschrift soll auf der Rechnung stehen?',
        'an welchem Tag war die zweite Abbuchung?',
      ],
      followUp: ['Bitte auf {company}, {address}.', 'Die zweite Abbuchung war am {date}.'],
      solution: [
        'anbei die berichtigte Rechnung {invoice}.',
        'eine der beiden Abbuchungen ist zurückgebucht, {amount}. Entschuldigung.',
      ],
    },
    warranty: {
      subjects: ['{product} nach zwei Monaten defekt', 'Gewährleistung'],
      opening: [
        '{product} aus der Bestellung {order} ist bei der zweiten Tour kaputtgegangen. Fotos hängen an.',
        '{product} lässt sich nicht mehr einschalten, gekauft am {date}. Ist das ein Garantiefall?',
      ],
      question: [
        'das darf nicht sein. Schicken Sie uns bitte ein Foto vom Etikett?',
        'möchten Sie lieber eine Reparatur oder ein neues Stück?',
      ],
      followUp: [
        'Hier ist das Foto. Lieber neu, bitte.',
        'Reparatur ist in Ordnung, wenn es nicht einen Monat dauert.',
      ],
      solution: [
        'der Ersatz ist unterwegs, Sendungsnummer {tracking}.',
        'die Werkstatt hat es repariert. Es kommt diese Woche zurück an {address}.',
      ],
    },
    account: {
      subjects: ['Anmeldung geht nicht', 'Bitte meine Daten ändern', 'Schon wieder Newsletter'],
      opening: [
        'mit {email} kann ich mich nicht mehr anmelden. Die Mail zum Zurücksetzen kommt nie an.',
        'wir sind umgezogen. Neue Anschrift: {address}, Telefon {phone}.',
        'bitte keinen Newsletter mehr an {email}. Ich habe schon zweimal darum gebeten.',
      ],
      question: [
        'zu Ihrer Sicherheit: Wie lautet Ihre Kundennummer?',
        'danke. Nennen Sie uns bitte noch Ihre Kundennummer?',
      ],
      followUp: ['Meine Kundennummer ist {number}.', 'Auf der letzten Rechnung steht {number}.'],
      solution: [
        'Ihr Konto ist wieder offen, bitte wählen Sie ein neues Kennwort.',
        'Ihre Daten sind geändert. Danke für die Nachricht.',
        'der Newsletter ist abbestellt. Entschuldigen Sie, dass Sie zweimal fragen mussten.',
      ],
    },
    complaint: {
      subjects: ['Jetzt schreibe ich zum dritten Mal', 'Sehr enttäuscht'],
      opening: [
        'ich schreibe zum dritten Mal wegen der Bestellung {order}. Niemand ruft zurück, obwohl Sie meine Nummer {phone} haben.',
        'Ihr Zusteller hat {product} im Regen abgestellt. Ich erwarte eine Entschuldigung und {amount} zurück.',
      ],
      question: [
        'das tut mir sehr leid. Darf ich Sie heute Nachmittag unter {phone} anrufen?',
        'ich verstehe Ihren Ärger. Womit wäre Ihnen geholfen?',
      ],
      followUp: [
        'Anrufen ja, aber nach 17 Uhr. Ich lag letzte Woche im Krankenhaus und kann noch nicht weit laufen.',
        'Die Versandkosten zurück wären fair.',
      ],
      solution: [
        'danke für das Gespräch. Wie besprochen bekommen Sie {amount} zurück und einen Gutschein.',
        'ich habe das an die Teamleitung gegeben und {amount} erstattet.',
      ],
    },
  },
};
