// A provider of SAML on loopback, for the black-box tests; what it signs and
// encrypts is samlify's work. Usage: node saml.mjs CONFIG, a JSON file:
//   port, issuer, certificate, key   TLS, PEM files
//   signing, other                   {key, certificate} in PEM: what the
//                                    metadata shows, and what nobody knows
//   binding                          by which it takes messages: redirect, post
//   accounts                         {login: {name_id, attributes: {name: [values]}}}
// A login that begins with login_hint=LOGIN succeeds at once; without it a page
// lists the accounts. POST /register takes the metadata of a client, whose
// requests then must be signed if it says so. With twist=JSON the answer
// differs from what is right:
//   sign                             assertion (else), response, both, none
//   encrypt                          a method of encryption
//   key                              other
//   method                           a method of signature
//   tags                             what stands in the response, by samlify's names
//   template                         [[from, to], …] on the unsigned response
import { readFileSync } from 'node:fs';
import https from 'node:https';
import samlify from 'samlify';

const config = JSON.parse(readFileSync(process.argv[2], 'utf8'));
samlify.setSchemaValidator({ validate: async () => 'not looked at' });

const { binding } = samlify.Constants.namespace;
const takes = binding[config.binding ?? 'redirect'];
const rsaSha256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const clients = new Map();

function provider({ key, encrypt, method } = {}) {
  const pair = key === 'other' ? config.other : config.signing;
  return samlify.IdentityProvider({
    entityID: `${config.issuer}/metadata`,
    signingCert: pair.certificate,
    privateKey: pair.key,
    isAssertionEncrypted: Boolean(encrypt),
    dataEncryptionAlgorithm: encrypt,
    keyEncryptionAlgorithm: samlify.Constants.algorithms.encryption.key.RSA_OAEP_MGF1P,
    messageSigningOrder: 'encrypt-then-sign',
    requestSignatureAlgorithm: method ?? rsaSha256,
    singleSignOnService: [{ Binding: takes, Location: `${config.issuer}/sso` }],
    singleLogoutService: [{ Binding: takes, Location: `${config.issuer}/slo` }],
  });
}

/** A client that was not registered is what its request says. */
function client(entityID, location, { sign = 'assertion' } = {}) {
  const wants = {
    wantAssertionsSigned: sign === 'assertion' || sign === 'both',
    wantMessageSigned: sign === 'response' || sign === 'both',
  };
  const known = clients.get(entityID);
  if (!known) {
    return samlify.ServiceProvider({
      entityID,
      assertionConsumerService: [{ Binding: binding.post, Location: location }],
      ...wants,
    });
  }
  const metadata = known.replace(/WantAssertionsSigned="\w+"/, `WantAssertionsSigned="${wants.wantAssertionsSigned}"`);
  return samlify.ServiceProvider({ metadata, ...wants });
}

function escape(text) {
  return String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

function attributeStatement(attributes) {
  const one = ([name, values]) => {
    const inner = values.map((value) => `<saml:AttributeValue>${escape(value)}</saml:AttributeValue>`);
    return `<saml:Attribute Name="${escape(name)}">${inner.join('')}</saml:Attribute>`;
  };
  return `<saml:AttributeStatement>${Object.entries(attributes).map(one).join('')}</saml:AttributeStatement>`;
}

function filled(template, request, to, account, { tags = {}, template: changes = [] }) {
  const now = Date.now();
  const at = (minutes) => new Date(now + minutes * 60_000).toISOString();
  const { id, issuer } = request;
  const values = {
    ID: `_response-${now}-${Math.random()}`,
    AssertionID: `_assertion-${now}-${Math.random()}`,
    Destination: to,
    Audience: issuer,
    EntityID: issuer,
    SubjectRecipient: to,
    AssertionConsumerServiceURL: to,
    Issuer: `${config.issuer}/metadata`,
    IssueInstant: at(0),
    StatusCode: 'urn:oasis:names:tc:SAML:2.0:status:Success',
    ConditionsNotBefore: at(-1),
    ConditionsNotOnOrAfter: at(5),
    SubjectConfirmationDataNotOnOrAfter: at(5),
    NameIDFormat: account.format ?? 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
    NameID: account.name_id,
    InResponseTo: id,
    ...tags,
  };
  const statements =
    `<saml:AuthnStatement AuthnInstant="${at(0)}" SessionIndex="session-of-${escape(account.name_id)}">` +
    '<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password' +
    '</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>' +
    attributeStatement(account.attributes ?? {});
  let context = samlify.SamlLib.replaceTagsByValue(
    template.replace('{AuthnStatement}{AttributeStatement}', ''),
    values,
  ).replace('</saml:Assertion>', `${statements}</saml:Assertion>`);
  for (const [from, to] of changes) context = context.replace(from, to);
  return { id: values.ID, context };
}

async function answer(request, account, twist) {
  const to = request.endpoint;
  const sp = client(request.issuer, to, twist);
  const fill = (template) => filled(template, request, to, account, twist);
  if (twist.sign === 'none') {
    const { context } = fill(samlify.SamlLib.defaultLoginResponseTemplate.context);
    return Buffer.from(context).toString('base64');
  }
  const info = { extract: { request: { id: request.id } } };
  const encryptThenSign = Boolean(twist.encrypt);
  const options = { customTagReplacement: fill, encryptThenSign };
  return (await provider(twist).createLoginResponse(sp, info, 'post', {}, options)).context;
}

/** The request of a form; its signature is verified where the client signs. */
function posted(kind, body) {
  const form = new URLSearchParams(body);
  const xml = Buffer.from(form.get(kind), 'base64').toString();
  const issuer = xml.match(/<saml:Issuer>([^<]*)</)[1].replaceAll('&amp;', '&');
  const known = clients.get(issuer);
  if (known && (known.includes('AuthnRequestsSigned="true"') || kind !== 'SAMLRequest' || xml.includes('LogoutRequest'))) {
    const options = { metadata: client(issuer, '').entityMeta, signatureAlgorithm: rsaSha256 };
    const [verified] = samlify.SamlLib.verifySignature(xml, options);
    if (!verified) throw new Error('the signature of the message is wrong');
  }
  return { xml, issuer, relayState: form.get('RelayState') };
}

/** The request of a query, or of a form; see above. */
async function received(kind, url, body) {
  if (body) return posted(kind, body);
  const query = Object.fromEntries(url.searchParams);
  const { inflateRawSync } = await import('node:zlib');
  const xml = inflateRawSync(Buffer.from(query[kind], 'base64')).toString();
  const issuer = xml.match(/<saml:Issuer>([^<]*)</)[1].replaceAll('&amp;', '&');
  const known = clients.get(issuer);
  if (known && (known.includes('AuthnRequestsSigned="true"') || kind !== 'SAMLRequest' || xml.includes('LogoutRequest'))) {
    const signed = ['SAMLRequest', 'SAMLResponse', 'RelayState', 'SigAlg']
      .map((name) => url.search.slice(1).split('&').find((pair) => pair.startsWith(`${name}=`)))
      .filter(Boolean)
      .join('&');
    const sp = client(issuer, '');
    if (!samlify.SamlLib.verifyMessageSignature(sp.entityMeta, signed, Buffer.from(query.Signature ?? '', 'base64'), query.SigAlg)) {
      throw new Error('the signature of the request is wrong');
    }
  }
  return { xml, issuer, relayState: query.RelayState };
}

const page = (body) => ({ type: 'text/html', body: `<!doctype html><title>Provider</title>${body}` });

const routes = {
  '/metadata': async () => ({ type: 'application/xml', body: provider().getMetadata() }),
  '/register': async (url, body) => {
    clients.set(body.match(/entityID="([^"]*)"/)[1].replaceAll('&amp;', '&'), body);
    return page('');
  },
  '/sso': async (url, body) => {
    const { xml, issuer, relayState } = await received('SAMLRequest', url, body);
    const request = {
      id: xml.match(/ ID="([^"]*)"/)[1],
      endpoint: xml.match(/AssertionConsumerServiceURL="([^"]*)"/)[1].replaceAll('&amp;', '&'),
      issuer,
    };
    const login = url.searchParams.get('login_hint');
    if (!login) {
      const link = (name) => `<a href="${escape(`${url.pathname}${url.search}&login_hint=${name}`)}">${escape(name)}</a>`;
      return page(Object.keys(config.accounts).map(link).join(' '));
    }
    const twist = JSON.parse(url.searchParams.get('twist') ?? '{}');
    const response = await answer(request, config.accounts[login], twist);
    return page(
      `<form method="post" action="${escape(request.endpoint)}">` +
        `<input type="hidden" name="SAMLResponse" value="${response}">` +
        `<input type="hidden" name="RelayState" value="${escape(relayState ?? '')}"></form>` +
        '<script>document.forms[0].submit()</script>',
    );
  },
  '/slo': async (url, body) => {
    const kind = (body || url.search).includes('SAMLRequest=') ? 'SAMLRequest' : 'SAMLResponse';
    const { xml, issuer } = await received(kind, url, body);
    return { type: 'application/json', body: JSON.stringify({ kind, xml, issuer }) };
  },
  // A request to log out, as the provider sends it: by an address, or as a form.
  '/logout': async (url) => {
    const issuer = url.searchParams.get('client');
    const by = url.searchParams.get('binding');
    const twist = JSON.parse(url.searchParams.get('twist') ?? '{}');
    const user = { logoutNameID: url.searchParams.get('name_id'), sessionIndex: url.searchParams.get('session') };
    const sp = samlify.ServiceProvider({ metadata: clients.get(issuer), wantLogoutRequestSigned: twist.sign !== 'none' });
    const made = await provider(twist).createLogoutRequest(sp, by, user);
    return { type: 'application/json', body: JSON.stringify(made) };
  },
};

https
  .createServer(
    { cert: readFileSync(config.certificate), key: readFileSync(config.key) },
    async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      const url = new URL(request.url, config.issuer);
      try {
        const route = routes[url.pathname];
        if (!route) throw new Error(`no ${url.pathname}`);
        const made = await route(url, body);
        response.setHeader('Content-Type', made.type);
        response.end(made.body);
      } catch (error) {
        response.statusCode = 400;
        response.end(String(error?.stack ?? error));
      }
    },
  )
  .listen(config.port, '127.0.0.1');
