// A small Express application that signs people in with passport-openidconnect and shows what it received.
// GET /login leaves for the provider, GET / answers with JSON once somebody is signed in.
// Settings come by environment: ISSUER, PORT, CLIENT_SECRET.
import { randomBytes } from 'node:crypto'

import express from 'express'
import session from 'express-session'
import passport from 'passport'
import OpenIDConnectStrategy from 'passport-openidconnect'

const { ISSUER, PORT, CLIENT_SECRET } = process.env

const settings = {
  issuer: ISSUER,
  authorizationURL: `${ISSUER}/oauth2/authorize`,
  tokenURL: `${ISSUER}/oauth2/token`,
  userInfoURL: `${ISSUER}/oauth2/userinfo`,
  clientID: 'stock',
  clientSecret: CLIENT_SECRET,
  callbackURL: `http://127.0.0.1:${PORT}/callback`,
  scope: ['profile'],
  nonce: true,
}

// With this many arguments it asks userinfo and hands over both profiles.
function verify(issuer, userinfo, profile, context, idToken, accessToken, refreshToken, params, done) {
  const claims = JSON.parse(Buffer.from(idToken.split('.')[1], 'base64url'))
  done(null, { id_token: claims, userinfo: userinfo._json, environment: { ...userinfo, id: profile.id } })
}

passport.use(new OpenIDConnectStrategy(settings, verify))
passport.serializeUser((user, done) => done(null, user))
passport.deserializeUser((user, done) => done(null, user))

const app = express()
app.use(session({ secret: randomBytes(32).toString('hex'), resave: false, saveUninitialized: false }))
app.use(passport.session())
app.get('/login', passport.authenticate('openidconnect'))
app.get(
  '/callback',
  passport.authenticate('openidconnect', { failureRedirect: '/refused', failureMessage: true, successRedirect: '/' }),
)
app.get('/refused', (request, response) => response.status(403).json(request.session.messages))
app.get('/', (request, response) => (request.user ? response.json(request.user) : response.type('text').send('ready\n')))

app.listen(Number(PORT), '127.0.0.1')
