import type { LanguagePhrases } from '../language.js';

export const ENGLISH: LanguagePhrases = {
  hello: ['Hello,', 'Hi there,', 'Dear team,', 'Good morning,'],
  regards: ['Kind regards,', 'Best wishes,', 'Thanks,', 'Yours sincerely,'],
  deskHello: 'Hello {customer},',
  deskRegards: 'Kind regards,\n{agent}\nBeispielkontor customer care',
  thanks: [
    'Brilliant, thank you very much!',
    'That worked. Thanks for the quick help.',
    'All good now, thank you.',
  ],
  again: [
    'I am afraid the problem is back. Exactly the same as before.',
    'I thought this was settled, but nothing has happened since. Could you look again?',
  ],
  colleague: ['I am taking this over from {customer} while they are away. Please keep me in copy.'],
  merged: 'This is the same matter as {original}. I have merged the two and we go on there.',
  products: [
    'Fellside 40 rucksack',
    'Tarn two-person tent',
    'Ridge LED headlamp',
    'Brook steel flask',
    'Moor rain jacket',
  ],
  topics: {
    order: {
      subjects: ['Order {order}: wrong size', 'Cancel my order?', 'Change to order {order}'],
      opening: [
        'I ordered the {product} this morning (order {order}) and chose the wrong size. Can you still change it?',
        'Could you please cancel order {order}? I clicked twice and now have two.',
        'I would like to add a {product} to order {order} if it has not been packed yet.',
      ],
      question: [
        'Happy to help. Which size would you like instead?',
        'Could you confirm that {order} is the one to go?',
      ],
      followUp: [
        'Size L, and please send it to {address}.',
        'Yes, that one please. The other can stay as it is.',
      ],
      solution: [
        'I have changed order {order}. You will get a new confirmation at {email}.',
        'Order {order} is cancelled; nothing will be charged.',
      ],
    },
    delivery: {
      subjects: ['Tracking {tracking} stuck', 'Where is my parcel?', 'Order {order} not arrived'],
      opening: [
        'The tracking for {tracking} has said “in transit” since {date}. When will it come?',
        'The courier says the parcel was handed over, but nobody at {address} has it.',
        'Order {order} should have been here last week. We leave on holiday on Saturday.',
      ],
      question: [
        'I am sorry about that. Is {address} still right, and may we reach you on {phone}?',
        'Could you ask your neighbours first? I have opened an enquiry with the carrier.',
      ],
      followUp: [
        'The address is right. Best to call me on {phone}, I am home after four.',
        'I asked everyone in the building. Nothing.',
      ],
      solution: [
        'The carrier has found the parcel and delivers it tomorrow. Sorry for the wait.',
        'The parcel counts as lost. I have sent a new {product} today, free of charge.',
      ],
    },
    refund: {
      subjects: ['Return of {product}', 'Refund for order {order}'],
      opening: [
        'I sent the {product} back on {date} and have not had the {amount} yet. My account is {iban}.',
        'Please refund {amount} for order {order}. The jacket does not fit and went back unused.',
      ],
      question: [
        'Thank you. Could you send the receipt of the return parcel?',
        'Of course. Which account should the {amount} go to?',
      ],
      followUp: ['The receipt is attached.', 'Please use {iban}, account holder {customer}.'],
      solution: [
        'We have refunded {amount} today. It can take three working days.',
        'The credit note for {invoice} is attached, {amount} are on their way.',
      ],
    },
    billing: {
      subjects: ['Invoice with our VAT number', 'Charged twice', 'Question about invoice {invoice}'],
      opening: [
        'Our bookkeeping needs invoice {invoice} again, made out to {company}, {address}.',
        'My card was charged twice for order {order}: two times {amount}.',
        'Invoice {invoice} shows {amount}, but I was offered a discount of ten per cent.',
      ],
      question: [
        'I am checking this with accounting. Which address should be on the invoice?',
        'Could you tell us the date of the second charge?',
      ],
      followUp: ['Please make it out to {company}, {address}.', 'The second charge was on {date}.'],
      solution: [
        'Please find the corrected invoice {invoice} attached.',
        'One of the two charges has been returned, {amount}. I am sorry.',
      ],
    },
    warranty: {
      subjects: ['{product}: broken after two months', 'Warranty claim'],
      opening: [
        'The {product} from order {order} broke on its second trip. Photos are attached.',
        'My {product} does not switch on any more. It is from {date}. Is that covered?',
      ],
      question: [
        'That should not happen. Could you send a photo of the label?',
        'Would you prefer a repair or a new one?',
      ],
      followUp: ['Here is the photo. A new one, please.', 'A repair is fine if it does not take a month.'],
      solution: [
        'A replacement {product} is on its way, tracking {tracking}.',
        'The workshop has repaired it. It comes back to {address} this week.',
      ],
    },
    account: {
      subjects: ['Cannot sign in', 'Please update my details', 'Newsletter again'],
      opening: [
        'I cannot sign in with {email}. The reset mail never arrives.',
        'We have moved. The new address is {address}, phone {phone}.',
        'Please stop the newsletter to {email}. I have asked twice.',
      ],
      question: [
        'For your safety: what is your customer number?',
        'Thank you. Could you tell us your customer number as well?',
      ],
      followUp: ['My customer number is {number}.', 'The number on my last invoice is {number}.'],
      solution: [
        'Your account is open again; please choose a new password.',
        'Your details are changed. Thank you for telling us.',
        'The newsletter is stopped. I am sorry that you had to ask twice.',
      ],
    },
    complaint: {
      subjects: ['Third time I write', 'Very disappointed'],
      opening: [
        'This is the third time I write about order {order}. Nobody calls back although I gave you {phone}.',
        'Your courier left the {product} in the rain. I expect an apology and {amount} back.',
      ],
      question: [
        'I am very sorry. May I call you this afternoon on {phone}?',
        'I understand. What would make this right for you?',
      ],
      followUp: [
        'You may call, but after five. I was in hospital last week and still cannot walk far.',
        'The shipping costs back would be fair.',
      ],
      solution: [
        'Thank you for the talk. As agreed you get {amount} back and a voucher.',
        'I have passed this on to the head of our team and refunded {amount}.',
      ],
    },
  },
};
