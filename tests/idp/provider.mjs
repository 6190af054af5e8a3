// A certified provider of OpenID Connect on loopback, for the black-box tests.
// Usage: node provider.mjs CONFIG, a JSON file:
//   port, issuer, certificate, key   TLS, PEM files
//   jwks                             the private signing keys
//   clients                          as oidc-provider takes them
//   clientAuthMethods                how they may show their secrets, if not in
//                                    any way
//   pushedAlone                      whether it takes requests past the browser alone
//   accounts                         {login: {claims}}; every login that begins
//                                    with login_hint=LOGIN succeeds at once
import { readFileSync } from 'node:fs';
import https from 'node:https';
import Provider from 'oidc-provider';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));

// Primaries that are told of logouts have certificates that nobody vouches for.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

const provider = new Provider(config.issuer, {
  clients: config.clients,
  jwks: config.jwks,
  cookies: { keys: ['tests'] },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'email', 'groups'],
  ...(config.clientAuthMethods && { clientAuthMethods: config.clientAuthMethods }),
  // Some providers put all claims into the ID token, some none of them.
  conformIdTokenClaims: config.conformIdTokenClaims ?? false,
  features: {
    devInteractions: { enabled: false },
    pushedAuthorizationRequests: {
      enabled: true,
      requirePushedAuthorizationRequests: config.pushedAlone ?? false,
    },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: async (ctx, form) => {
        ctx.body = `<form>${form}</form>`;
      },
    },
  },
  // It waits for those that it tells of logouts as long as tests do.
  httpOptions: () => ({ signal: AbortSignal.timeout(60_000) }),
  pkce: { required: () => true, methods: ['S256'] },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: async (ctx, id) => {
    const claims = config.accounts[id];
    return claims && { accountId: id, claims: async () => ({ sub: id, ...claims }) };
  },
});
provider.proxy = false;

// Nobody types anything: the login is that of login_hint, and all is consented.
provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const { params, grantId } = await provider.interactionDetails(ctx.req, ctx.res);
  const accountId = params.login_hint ?? Object.keys(config.accounts)[0];
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: false });
  ctx.respond = false;
});

https
  .createServer(
    { cert: readFileSync(config.certificate), key: readFileSync(config.key) },
    provider.callback(),
  )
  .listen(config.port, '127.0.0.1');
