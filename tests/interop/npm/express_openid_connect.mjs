// A small Express application that signs people in with express-openid-connect and shows what it received.
// GET /login leaves for the provider, GET / answers with JSON once somebody is signed in.
// Settings come by environment: ISSUER, PORT, CLIENT_SECRET; the argument `defaults` leaves out the flow's settings.
import { randomBytes } from 'node:crypto'

import express from 'express'
import openid from 'express-openid-connect'

const { ISSUER, PORT, CLIENT_SECRET } = process.env

// Without these lines it asks for `response_type=id_token`, which no code ever leaves.
const codeFlow = {
  clientSecret: CLIENT_SECRET,
  authorizationParams: { response_type: 'code', scope: 'openid profile' },
}

const app = express()
app.use(
  openid.auth({
    issuerBaseURL: ISSUER,
    baseURL: `http://127.0.0.1:${PORT}`,
    clientID: 'stock',
    secret: randomBytes(32).toString('hex'),
    authRequired: false,
    ...(process.argv.includes('defaults') ? {} : codeFlow),
  }),
)

app.get('/', (request, response) => {
  if (!request.oidc.isAuthenticated()) return response.type('text').send('ready\n')
  return response.json({ id_token: request.oidc.idTokenClaims, environment: request.oidc.user })
})

// The library's own words reach the test.
app.use((error, request, response, next) => {
  console.error(error)
  const { message, error: code, error_description: description } = error
  response.status(error.status ?? 500).json({ message, code, description })
})

app.listen(Number(PORT), '127.0.0.1')
