import type { LanguagePhrases } from '../language.js';

export const POLISH: LanguagePhrases = {
  hello: ['Dzień dobry,', 'Witam,', 'Szanowni Państwo,'],
  regards: ['Pozdrawiam', 'Z poważaniem', 'Dziękuję i pozdrawiam'],
  deskHello: 'Dzień dobry, {customer},',
  deskRegards: 'Z poważaniem\n{agent}\nBeispielkontor, obsługa klienta',
  thanks: ['Świetnie, bardzo dziękuję!', 'Działa, dziękuję za szybką pomoc.'],
  again: ['Niestety problem wrócił, dokładnie taki sam jak wcześniej.'],
  colleague: [
    'Przejmuję tę sprawę na czas urlopu; dotychczas zajmował się nią kontakt: {customer}. Proszę o kopię.',
  ],
  merged: 'To ta sama sprawa co {original}. Połączyliśmy obie, dalej piszemy tam.',
  products: [
    'plecak „Fell 40”',
    'namiot dwuosobowy „Tarn”',
    'czołówka „Grań”',
    'kurtka przeciwdeszczowa „Moor”',
  ],
  topics: {
    order: {
      subjects: ['Zły rozmiar', 'Anulowanie zamówienia {order}'],
      opening: [
        'dziś rano zamówiono produkt {product} (zamówienie {order}) w złym rozmiarze. Czy można to jeszcze zmienić?',
        'proszę o anulowanie zamówienia {order}, kliknięto dwa razy.',
      ],
      question: ['jaki rozmiar mamy wysłać?', 'czy potwierdzają Państwo anulowanie {order}?'],
      followUp: ['Rozmiar L, na adres: {address}.', 'Tak, to zamówienie.'],
      solution: [
        'zamówienie {order} zostało zmienione. Potwierdzenie wysłaliśmy na {email}.',
        'zamówienie {order} anulowano, nic nie zostanie pobrane.',
      ],
    },
    delivery: {
      subjects: ['Nie dotarło zamówienie {order}', 'Gdzie jest moja paczka?'],
      opening: [
        'przesyłka {tracking} stoi w miejscu od {date}. Kiedy dotrze?',
        'kurier twierdzi, że doręczył paczkę, ale pod adresem {address} nikt jej nie ma.',
      ],
      question: ['czy adres {address} jest poprawny i czy możemy zadzwonić pod {phone}?'],
      followUp: ['Adres się zgadza. Proszę dzwonić pod {phone} po 16.'],
      solution: [
        'paczka się znalazła i będzie jutro. Przepraszamy.',
        'paczkę uznano za zaginioną. Dziś wysłaliśmy nowy produkt {product}.',
      ],
    },
    refund: {
      subjects: ['Nadal czekam na zwrot', 'Zwrot pieniędzy za {order}'],
      opening: [
        'produkt {product} odesłano {date}, a kwota {amount} jeszcze nie wpłynęła. Rachunek: {iban}.',
        'proszę o zwrot {amount} za zamówienie {order}.',
      ],
      question: [
        'dziękujemy. Prosimy o potwierdzenie nadania zwrotu.',
        'na jaki rachunek mamy przelać {amount}?',
      ],
      followUp: ['Potwierdzenie w załączniku.', 'Na {iban}, właściciel: {customer}.'],
      solution: [
        'kwotę {amount} przelaliśmy dzisiaj.',
        'w załączeniu korekta do faktury {invoice}; {amount} jest w drodze.',
      ],
    },
    billing: {
      subjects: ['Faktura na firmę', 'Podwójna płatność'],
      opening: [
        'księgowość potrzebuje faktury {invoice} wystawionej na {company}, {address}.',
        'za zamówienie {order} pobrano dwa razy {amount}.',
      ],
      question: [
        'sprawdzam w księgowości. Jaki adres ma być na fakturze?',
        'jaka jest data drugiej płatności?',
      ],
      followUp: ['Proszę na {company}, {address}.', 'Druga płatność: {date}.'],
      solution: [
        'w załączeniu poprawiona faktura {invoice}.',
        'jedną z płatności, {amount}, zwróciliśmy. Przepraszamy.',
      ],
    },
    warranty: {
      subjects: ['Reklamacja: {product}'],
      opening: ['uszkodzenie na drugiej wycieczce: {product}, zamówienie {order}. Zdjęcia w załączniku.'],
      question: ['wolą Państwo naprawę czy wymianę? Prosimy też o zdjęcie etykiety.'],
      followUp: ['Oto zdjęcie. Proszę o wymianę.'],
      solution: ['nowy produkt jest w drodze, numer przesyłki {tracking}.'],
    },
    account: {
      subjects: ['Nie mogę się zalogować', 'Zmiana danych'],
      opening: [
        'nie mogę się zalogować adresem {email}. Wiadomość z resetem nie przychodzi.',
        'przeprowadziliśmy się. Nowy adres: {address}, telefon {phone}.',
      ],
      question: ['dla bezpieczeństwa: jaki jest numer klienta?'],
      followUp: ['Numer klienta to {number}.'],
      solution: ['konto znów działa, prosimy ustawić nowe hasło.', 'dane zostały zmienione. Dziękujemy.'],
    },
    complaint: {
      subjects: ['Piszę już trzeci raz'],
      opening: ['piszę trzeci raz w sprawie zamówienia {order}. Nikt nie oddzwania pod {phone}.'],
      question: ['bardzo przepraszamy. Czy możemy zadzwonić dziś pod {phone}?'],
      followUp: ['Tak, po 17. Po pobycie w szpitalu nie mogę jeszcze daleko chodzić.'],
      solution: ['dziękujemy za rozmowę. Zgodnie z ustaleniem zwracamy {amount}.'],
    },
  },
};
