// Passes when the server answers over TLS by its Service's name and refuses a batch without a token. A CA that the server made
// itself cannot be checked from here, for agents pin it: then only its fingerprint is printed.
const fs = require('node:fs');
const https = require('node:https');

const server = new URL('/api/v1/batches', process.env.NETSCRIBE_SERVER);
const caFile = process.env.NETSCRIBE_CA_FILE;
const trust = caFile ? { ca: fs.readFileSync(caFile) } : { rejectUnauthorized: false };
const lastTry = Date.now() + Number(process.env.NETSCRIBE_TEST_SECONDS || 60) * 1000;

function attempt() {
  const request = https.request(
    server,
    { ...trust, method: 'POST', timeout: 5000, agent: false },
    (response) => {
      response.resume();
      const { fingerprint256 } = rootOf(response.socket.getPeerCertificate(true));
      console.log(`${server.origin} answered ${response.statusCode} over ${response.socket.getProtocol()}`);
      console.log(`its CA has the SHA-256 ${String(fingerprint256).replaceAll(':', '').toLowerCase()}`);
      if (response.statusCode === 401) return;
      console.log('expected 401: a batch without a token must be refused');
      process.exitCode = 1;
    },
  );
  request.setHeader('content-type', 'application/json');
  request.on('timeout', () => request.destroy(new Error('no answer within 5 s')));
  request.on('error', (error) => {
    console.log(`${server.origin}: ${error.message}`);
    if (Date.now() < lastTry) setTimeout(attempt, 2000);
    else process.exitCode = 1;
  });
  request.end('{}');
}

// The last certificate of the chain that the server sent.
function rootOf(certificate) {
  const { issuerCertificate: issuer } = certificate;
  return !issuer || issuer.fingerprint256 === certificate.fingerprint256 ? certificate : rootOf(issuer);
}

attempt();
