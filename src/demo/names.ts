import type { NonEmpty } from './random.js';
import type { Language } from './language.js';

/** A name as its owner writes it, and as it stands in an e-mail address. */
type Name = readonly [written: string, latin: string];

export interface Names {
  readonly first: NonEmpty<Name>;
  readonly last: NonEmpty<Name>;
  /** Chinese puts the family name first and no space between. */
  readonly familyFirst?: true;
}

/** `Jan=jan` is a name and its Latin spelling; without `=` the spelling is the name in lower case. */
function names(text: string): NonEmpty<Name> {
  const [head, ...rest] = text.split(' ').map((entry): Name => {
    const [written = entry, latin = written.toLowerCase()] = entry.split('=');
    return [written, latin];
  });
  return [head ?? ['Alex', 'alex'], ...rest];
}

const greekLast =
  'Παύλου=pavlou Ιωάννου=ioannou Νικολάου=nikolaou Γεωργίου=georgiou Βασιλείου=vasileiou Δημητρίου=dimitriou Οικονόμου=oikonomou Αθανασίου=athanasiou';
const arabicFirst =
  'أحمد=ahmad فاطمة=fatima محمد=mohammad ليلى=layla يوسف=yousef مريم=mariam خالد=khaled نور=nour سلمى=salma';

export const NAMES: Record<Language, Names> = {
  en: {
    first: names(
      'Alice Oliver Grace Samuel Hannah Jacob Priya Callum Megan Tunde Rosie Edward Niamh Harvey Zoe Declan',
    ),
    last: names(
      'Ashworth Bennett Carrow Dunmore Ellery Fenwick Garside Hollins Ibbotson Kessler Larkham Mortlake Okafor Penrose Quill Radley Sharma Thackeray',
    ),
  },
  de: {
    first: names(
      'Anna Jonas Katharina Lukas Sabine Matthias Jürgen=juergen Ayşe=ayse Friederike Sören=soeren Birgit Emre Lena Wolfgang Käthe=kaethe Tobias Ulrike Max',
    ),
    last: names(
      'Albrecht Brinkmann Çelik=celik Dörfler=doerfler Eberhardt Falkenrath Großmann=grossmann Hübner=huebner Jansen Kettler Lindemann Möller=moeller Nussbaum Ohlendorf Petersen Rosskamp Schäfer=schaefer Tiedemann Weißenborn=weissenborn Yıldız=yildiz Zielke Behrens',
    ),
  },
  fr: {
    first: names('Camille Hélène=helene Julien Chloé=chloe Mathieu Élise=elise Thierry Noémie=noemie Karim'),
    last: names(
      'Aubertin Beaumont Charpentier Delacour Fontenay Guérin=guerin Lefèvre=lefevre Marchand Ndiaye Perrault',
    ),
  },
  pl: {
    first: names(
      'Agnieszka Paweł=pawel Małgorzata=malgorzata Tomasz Łukasz=lukasz Zofia Grażyna=grazyna Krzysztof Jadwiga',
    ),
    last: names(
      'Wójcik=wojcik Zając=zajac Woźniak=wozniak Nowak Kaczmarek Mazur Wróbel=wrobel Kozioł=koziol Gołąb=golab',
    ),
  },
  el: {
    first: names(
      'Ελένη=eleni Γιώργος=giorgos Κατερίνα=katerina Δημήτρης=dimitris Σοφία=sofia Νίκος=nikos Μαρία=maria Κώστας=kostas',
    ),
    last: names(greekLast),
  },
  ar: {
    first: names(arabicFirst),
    last: names(
      'الحداد=alhaddad منصور=mansour الخطيب=alkhatib النجار=alnajjar سليمان=sulaiman العلي=alali درويش=darwish قاسم=qasim',
    ),
  },
  zh: {
    first: names(
      '伟=wei 芳=fang 秀英=xiuying 敏=min 静=jing 建国=jianguo 丽华=lihua 志强=zhiqiang 雨桐=yutong',
    ),
    last: names('王=wang 李=li 张=zhang 刘=liu 陈=chen 欧阳=ouyang 赵=zhao 周=zhou'),
    familyFirst: true,
  },
};
