import type { LanguagePhrases } from '../language.js';

export const FRENCH: LanguagePhrases = {
  hello: ['Bonjour,', 'Madame, Monsieur,'],
  regards: ['Cordialement,', 'Bien à vous,', 'Merci d’avance,'],
  deskHello: 'Bonjour {customer},',
  deskRegards: 'Cordialement,\n{agent}\nBeispielkontor, service clients',
  thanks: ['Parfait, merci beaucoup !', 'Tout est réglé, merci pour votre aide rapide.'],
  again: ['Le problème est malheureusement revenu, exactement comme avant.'],
  colleague: ['Je prends le relais de {customer} pendant ses congés. Merci de me mettre en copie.'],
  merged: 'C’est la même demande que {original}. J’ai réuni les deux, nous continuons là-bas.',
  products: [
    'Sac à dos « Fell 40 »',
    'Tente deux places « Tarn »',
    'Lampe frontale « Crête »',
    'Veste de pluie « Moor »',
  ],
  topics: {
    order: {
      subjects: ['Erreur de taille', 'Annulation de la commande {order}'],
      opening: [
        'J’ai commandé ce matin l’article {product} (commande {order}) dans la mauvaise taille. Peut-on encore changer ?',
        'Merci d’annuler la commande {order}, je l’ai passée deux fois.',
      ],
      question: ['Quelle taille souhaitez-vous ?', 'Pouvez-vous confirmer l’annulation de {order} ?'],
      followUp: ['La taille L, à livrer à cette adresse : {address}.', 'Oui, c’est bien celle-là.'],
      solution: [
        'La commande {order} est modifiée. La confirmation part à {email}.',
        'La commande {order} est annulée, rien ne sera débité.',
      ],
    },
    delivery: {
      subjects: ['Commande {order} non reçue', 'Où est mon colis ?'],
      opening: [
        'Le suivi {tracking} n’a pas bougé depuis le {date}. Quand le colis arrivera-t-il ?',
        'Le livreur dit avoir remis le colis, mais personne au {address} ne l’a reçu.',
      ],
      question: ['L’adresse {address} est-elle exacte, et peut-on vous joindre au {phone} ?'],
      followUp: ['Oui, l’adresse est bonne. Appelez-moi au {phone} après 16 heures.'],
      solution: [
        'Le colis est retrouvé et arrive demain.',
        'Le colis est perdu. Un nouvel article {product} part aujourd’hui, sans frais.',
      ],
    },
    refund: {
      subjects: ['J’attends mon argent', 'Remboursement de la commande {order}'],
      opening: [
        'J’ai renvoyé l’article {product} le {date} et je n’ai pas encore reçu les {amount}. Mon compte : {iban}.',
        'Merci de rembourser {amount} pour la commande {order}.',
      ],
      question: [
        'Merci. Pouvez-vous joindre le reçu du retour ?',
        'Sur quel compte devons-nous verser les {amount} ?',
      ],
      followUp: ['Le reçu est joint.', 'Sur {iban}, titulaire {customer}.'],
      solution: [
        'Les {amount} ont été virés aujourd’hui.',
        'Ci-joint l’avoir pour la facture {invoice} ; {amount} sont en route.',
      ],
    },
    billing: {
      subjects: ['Facture au nom de la société', 'Débité deux fois'],
      opening: [
        'Notre comptabilité a besoin de la facture {invoice} au nom de {company}, {address}.',
        'Ma carte a été débitée deux fois pour la commande {order} : deux fois {amount}.',
      ],
      question: [
        'Je vérifie avec la comptabilité. Quelle adresse faut-il indiquer ?',
        'À quelle date le second débit a-t-il eu lieu ?',
      ],
      followUp: ['Au nom de {company}, {address}.', 'Le {date}.'],
      solution: [
        'Vous trouverez ci-joint la facture {invoice} corrigée.',
        'Un des deux débits est annulé, soit {amount}. Toutes nos excuses.',
      ],
    },
    warranty: {
      subjects: ['{product} : défaut'],
      opening: [
        'L’article {product} de la commande {order} s’est cassé à la deuxième sortie. Photos jointes.',
      ],
      question: ['Préférez-vous une réparation ou un échange ? Une photo de l’étiquette nous aiderait.'],
      followUp: ['Voici la photo. Plutôt un échange, s’il vous plaît.'],
      solution: ['L’échange est en route, suivi {tracking}.'],
    },
    account: {
      subjects: ['Connexion impossible', 'Changement d’adresse'],
      opening: [
        'Je ne peux plus me connecter avec {email}. Le message de réinitialisation n’arrive jamais.',
        'Nous avons déménagé : {address}, téléphone {phone}.',
      ],
      question: ['Pour votre sécurité, quel est votre numéro client ?'],
      followUp: ['Mon numéro client est {number}.'],
      solution: ['Votre compte est de nouveau ouvert.', 'Vos données sont à jour. Merci.'],
    },
    complaint: {
      subjects: ['Service très décevant'],
      opening: [
        'J’écris pour la troisième fois au sujet de la commande {order}. Personne ne rappelle au {phone}.',
      ],
      question: ['Nous sommes navrés. Peut-on vous appeler cet après-midi au {phone} ?'],
      followUp: ['Oui, après 17 heures. J’étais à l’hôpital la semaine dernière.'],
      solution: ['Merci pour notre échange. Comme convenu, {amount} vous sont remboursés.'],
    },
  },
};
