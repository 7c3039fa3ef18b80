import type { Language } from './language.js';
import type { NonEmpty } from './random.js';

export interface Place {
  readonly city: string;
  readonly postalCode: string;
  readonly country: string;
  /**
   * `#` stands for a digit. Numbers set aside for fiction where a regulator has some (Germany, United Kingdom, France,
   * North America); elsewhere ones of the 555 kind.
   */
  readonly phone: string;
}

export interface Region {
  readonly places: NonEmpty<Place>;
  /** `#` stands for a digit of the house number. */
  readonly streets: NonEmpty<string>;
}

const place = (postalCode: string, city: string, country: string, phone: string): Place => ({
  city,
  postalCode,
  country,
  phone,
});

export const REGIONS: Readonly<Record<Language, Region>> = {
  en: {
    places: [
      place('LS1 4AB', 'Leeds', 'GB', '+44 113 496 0###'),
      place('EC1A 1BB', 'London', 'GB', '+44 20 7946 0###'),
      place('BS1 5TR', 'Bristol', 'GB', '+44 7700 900###'),
      place('97201', 'Portland', 'US', '+1 503 555 01##'),
      place('M5V 2T6', 'Toronto', 'CA', '+1 416 555 01##'),
    ],
    streets: ['# Orchard Lane', '## Mill Road', '# Chapel Terrace', '### Harbour Street'],
  },
  de: {
    places: [
      place('20095', 'Hamburg', 'DE', '+49 40 66969 ###'),
      place('10115', 'Berlin', 'DE', '+49 30 23125 ###'),
      place('60311', 'Frankfurt am Main', 'DE', '+49 69 90009 ###'),
      place('50667', 'Köln', 'DE', '+49 221 4710 ###'),
      place('80331', 'München', 'DE', '+49 89 99998 ###'),
      place('1010', 'Wien', 'AT', '+43 1 555 0###'),
      place('8001', 'Zürich', 'CH', '+41 44 555 0# ##'),
    ],
    streets: ['Lindenstraße ##', 'Am Mühlenbach #', 'Gartenweg ##a', 'Goethestr. ###', 'Alter Markt #'],
  },
  fr: {
    places: [
      place('69001', 'Lyon', 'FR', '+33 4 65 71 ## ##'),
      place('44000', 'Nantes', 'FR', '+33 2 61 91 ## ##'),
      place('67000', 'Strasbourg', 'FR', '+33 3 53 01 ## ##'),
      place('1000', 'Bruxelles', 'BE', '+32 2 555 0# ##'),
    ],
    streets: ['## rue des Tilleuls', '# place du Marché', '## avenue de la Gare'],
  },
  pl: {
    places: [
      place('00-001', 'Warszawa', 'PL', '+48 22 555 0# ##'),
      place('31-001', 'Kraków', 'PL', '+48 12 555 0# ##'),
      place('80-001', 'Gdańsk', 'PL', '+48 58 555 0# ##'),
    ],
    streets: ['ul. Lipowa ##', 'ul. Długa ## m. #', 'os. Słoneczne #'],
  },
  el: {
    places: [
      place('105 57', 'Αθήνα', 'GR', '+30 210 555 0###'),
      place('546 21', 'Θεσσαλονίκη', 'GR', '+30 2310 555 0##'),
    ],
    streets: ['Οδός Ερμού ##', 'Αγίου Δημητρίου ##', 'Λεωφόρος Νίκης #'],
  },
  ar: {
    places: [
      place('11183', 'عمّان', 'JO', '+962 6 555 0###'),
      place('00000', 'دبي', 'AE', '+971 4 555 0###'),
      place('13347', 'برلين', 'DE', '+49 30 23125 ###'),
    ],
    streets: ['شارع الزيتون ##', 'شارع الجامعة #'],
  },
  zh: {
    places: [
      place('200001', '上海', 'CN', '+86 21 5555 0###'),
      place('510030', '广州', 'CN', '+86 20 5555 0###'),
      place('20457', '汉堡', 'DE', '+49 40 66969 ###'),
    ],
    streets: ['中山路##号', '人民大道###号', '花园街#号'],
  },
};
