// A provider that lies, for the black-box tests: its token endpoint signs
// whatever the code says. Usage: node hostile.mjs CONFIG, a JSON file with
// port, issuer, certificate, key, issuer_in_discovery where that differs, and
// userinfo, {status, body}, where it shall have such an endpoint, whose answer is
// signed if it has jwt, down, the paths that answer 503, signs, the algorithm of its keys, nameless, whether it
// says of no token which key signed it, metadata, what it publishes besides, pushes, whether it
// wants requests past the browser, returns, the only address in these that browsers return to, and
// tokens, what it gives beside the tokens. It tells at /asked how often each path was asked for.
//
// A code is the base64url of {"claims": …, "alg": "RS256", "key": "published"}:
// alg is any of jose, or none; key is published, unknown, or the client's
// secret for HS256.
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { SignJWT, UnsecuredJWT, exportJWK, generateKeyPair } from 'jose';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const signs = config.signs ?? 'RS256';
const kid = config.nameless ? undefined : 'published';
const published = await generateKeyPair(signs);
const unknown = await generateKeyPair(signs);
const jwk = { ...(await exportJWK(published.publicKey)), kid, use: 'sig', alg: signs };

async function idToken({ claims, alg = signs, key = 'published' }) {
  if (alg === 'none') return new UnsecuredJWT(claims).encode();
  const secret = new TextEncoder().encode('client-secret');
  const signing = alg === 'HS256' ? secret : { published, unknown }[key].privateKey;
  return new SignJWT(claims).setProtectedHeader({ alg, kid }).sign(signing);
}

const asked = {};
const routes = {
  '/asked': async () => asked,
  '/.well-known/openid-configuration': async () => ({
    issuer: config.issuer_in_discovery ?? config.issuer,
    authorization_endpoint: `${config.issuer}/auth`,
    token_endpoint: `${config.issuer}/token`,
    jwks_uri: `${config.issuer}/jwks`,
    response_types_supported: ['code'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [signs, 'HS256', 'none'],
    authorization_response_iss_parameter_supported: true,
    ...(config.pushes && {
      require_pushed_authorization_requests: true,
      pushed_authorization_request_endpoint: `${config.issuer}/par`,
    }),
    ...(config.userinfo && { userinfo_endpoint: `${config.issuer}/userinfo` }),
    ...config.metadata,
  }),
  '/userinfo': async () =>
    config.userinfo.jwt
      ? idToken({ claims: { iss: config.issuer, aud: 'palisade', ...config.userinfo.body } })
      : config.userinfo.body,
  '/jwks': async () => ({ keys: [jwk] }),
  '/par': async (body) => {
    const to = new URLSearchParams(body).get('redirect_uri');
    if (config.returns && to !== config.returns) throw new Error(`nobody returns to ${to}`);
    return { request_uri: 'urn:request', expires_in: 60 };
  },
  '/token': async (body) => {
    const code = new URLSearchParams(body).get('code');
    const wanted = JSON.parse(Buffer.from(code, 'base64url'));
    return {
      access_token: 'access',
      token_type: 'Bearer',
      expires_in: 60,
      id_token: await idToken(wanted),
      ...config.tokens,
    };
  },
};

https
  .createServer(
    { cert: readFileSync(config.certificate), key: readFileSync(config.key) },
    async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      asked[request.url] = (asked[request.url] ?? 0) + 1;
      const route = routes[request.url.split('?')[0]];
      response.setHeader('Content-Type', 'application/json');
      if (request.url === '/userinfo') response.statusCode = config.userinfo.status;
      const isToken = request.url === '/userinfo' && config.userinfo.jwt;
      if (isToken) response.setHeader('Content-Type', 'application/jwt');
      if (config.down?.includes(request.url)) response.statusCode = 503;
      try {
        const answer = route ? await route(body) : {};
        response.end(isToken ? answer : JSON.stringify(answer));
      } catch (error) {
        response.statusCode = 400;
        response.end(JSON.stringify({ error: 'invalid_grant', error_description: String(error) }));
      }
    },
  )
  .listen(config.port, '127.0.0.1');
