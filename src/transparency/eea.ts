/** Member States of the European Economic Area (ISO 3166): data may go there without a safeguard of Art. 44 to 49 GDPR. */
const EEA: ReadonlySet<string> = new Set([
  ...['AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU', 'IE', 'IT', 'LT'],
  ...['LU', 'LV', 'MT', 'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK'],
  ...['IS', 'LI', 'NO'],
]);

export const isInEea = (country: string): boolean => EEA.has(country);
