// The standard claims of OIDC Core §5.1: which scope brings which, and of what type each must be.

const TEXT = ['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture',
  'website', 'email', 'gender', 'birthdate', 'zoneinfo', 'locale', 'phone_number']
const FLAGS = ['email_verified', 'phone_number_verified']

export const CLAIMS_OF = {
  profile: ['name', 'given_name', 'family_name', 'middle_name', 'nickname', 'preferred_username', 'profile', 'picture',
    'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
  email: ['email', 'email_verified'],
  address: ['address'],
  phone: ['phone_number', 'phone_number_verified'],
}

/** Blank, null and "null" are values of no claim; `updated_at` is a number of seconds that has been. */
export function expectStandardClaims(t, claims, where) {
  for (const [name, value] of Object.entries(claims)) {
    if (TEXT.includes(name)) {
      const sound = typeof value === 'string' && value.trim() !== '' && value !== 'null'
      t.check(sound, `${name} in the ${where} is not a text or is blank`, value)
    } else if (FLAGS.includes(name)) {
      t.check(typeof value === 'boolean', `${name} in the ${where} is not a boolean`, value)
    } else if (name === 'updated_at') {
      const sound = Number.isInteger(value) && value > 0 && value <= Date.now() / 1000 + 300
      t.check(sound, `updated_at in the ${where} is no sensible time`, value)
    } else if (name === 'address') {
      const sound = value && typeof value === 'object' && Object.keys(value).length > 0
      t.check(sound, `address in the ${where} is no object or is empty`, value)
    } else {
      t.check(value !== null && value !== '', `${name} in the ${where} is null or empty`, value)
    }
  }
}
