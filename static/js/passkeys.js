// Forms that a passkey fills in: data-passkey says whether one is made ("make"), shown ("show"), or
// asked for at the door ("ask", which fetches what to ask). Where there are no scripts, the style
// hides them; where a browser has no passkeys, this does.
(() => {
  "use strict";

  const forms = document.querySelectorAll("[data-passkey]");
  if (!window.PublicKeyCredential) {
    for (const form of forms) form.hidden = true;
    return;
  }

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const known = (list) => (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));

  const written = () => JSON.parse(document.getElementById("passkey-options").textContent);

  // A plain object of what a device answered, its bytes as text.
  function told(credential) {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    return {
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: credential.getClientExtensionResults(),
      response,
    };
  }

  async function make(form) {
    const { publicKey } = written();
    const isAlone = form.elements.passwordless.checked;
    publicKey.challenge = bytes(publicKey.challenge);
    publicKey.user.id = bytes(publicKey.user.id);
    publicKey.excludeCredentials = known(publicKey.excludeCredentials);
    publicKey.authenticatorSelection = {
      ...publicKey.authenticatorSelection,
      residentKey: isAlone ? "required" : "discouraged",
      requireResidentKey: isAlone,
      userVerification: isAlone ? "required" : "preferred",
    };
    return navigator.credentials.create({ publicKey });
  }

  async function show({ publicKey }) {
    publicKey.challenge = bytes(publicKey.challenge);
    publicKey.allowCredentials = known(publicKey.allowCredentials);
    return navigator.credentials.get({ publicKey });
  }

  async function ask(form) {
    const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
    return show((await answer.json()).request_options);
  }

  async function fill(form) {
    const failed = form.querySelector("[data-passkey-failed]");
    failed.hidden = true;
    try {
      const ways = { make: () => make(form), show: () => show(written()), ask: () => ask(form) };
      const credential = await ways[form.dataset.passkey]();
      form.elements.credential.value = JSON.stringify(told(credential));
      form.submit();
    } catch {
      failed.hidden = false;
    }
  }

  for (const form of forms) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      fill(form);
    });
  }
})();
