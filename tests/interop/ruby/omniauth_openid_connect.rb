# A small Rack application that signs people in with the gem that GitLab uses and shows what it received.
# GET /login has the button that OmniAuth wants pressed, the callback answers with JSON, GET / says that we are here.
# Settings come by environment: ISSUER, PORT, CLIENT_SECRET.
require 'json'
require 'securerandom'

require 'omniauth_openid_connect'
require 'puma'
require 'puma/server'
require 'rack'

HERE = "http://127.0.0.1:#{ENV.fetch('PORT')}".freeze
# The gem refuses plain http unless told so; a real issuer is https and needs no such line.
SWD.url_builder = URI::HTTP

# What stands below `args` in GitLab's gitlab_rails['omniauth_providers'].
SETTINGS = {
  name: 'openid_connect',
  issuer: ENV.fetch('ISSUER'),
  discovery: true,
  scope: %w[openid profile],
  response_type: 'code',
  client_auth_method: 'basic',
  uid_field: 'sub',
  client_options: {
    identifier: 'stock',
    secret: ENV.fetch('CLIENT_SECRET'),
    redirect_uri: "#{HERE}/users/auth/openid_connect/callback",
  },
}.freeze

# A sign-in starts with a POST that carries a token against forgery, as GitLab's own button does.
def login(env)
  token = Rack::Protection::AuthenticityToken.token(env['rack.session'])
  <<~HTML
    <form method="post" action="/users/auth/openid_connect">
    <input type="hidden" name="authenticity_token" value="#{token}">
    <button id="continue">Sign in with Magpie</button></form>
  HTML
end

def received(auth)
  # The gem has proved it; this only shows it.
  claims = JSON.parse(Base64.urlsafe_decode64(auth.credentials.id_token.split('.')[1]))
  JSON.generate(id_token: claims, userinfo: auth.extra.raw_info, environment: auth.info.merge(uid: auth.uid))
end

def answer(env)
  case env['PATH_INFO']
  when '/login' then [200, 'text/html; charset=utf-8', login(env)]
  when '/users/auth/openid_connect/callback' then [200, 'application/json; charset=utf-8', received(env['omniauth.auth'])]
  when '/users/auth/failure' then [403, 'text/plain; charset=utf-8', "#{env['QUERY_STRING']}\n"]
  else [200, 'text/plain', "ready\n"]
  end
end

OmniAuth.config.path_prefix = '/users/auth'

application = Rack::Builder.new do
  use Rack::Session::Cookie, secret: SecureRandom.hex(64)
  use OmniAuth::Builder do
    provider :openid_connect, SETTINGS
  end
  run(lambda do |env|
    status, type, body = answer(env)
    [status, { 'Content-Type' => type }, [body]]
  end)
end

server = Puma::Server.new(application.to_app)
server.add_tcp_listener('127.0.0.1', Integer(ENV.fetch('PORT')))
server.run.join
