import { composeMessage } from './compose.js'
import type { AccountFacts, MessageContext, Messages } from './messages.js'
import { formatSpan, formatTime } from './text.js'

const language = 'de'
const linkHint = 'Falls der Knopf nicht geht, kopieren Sie diese Adresse in Ihren Browser:'
const ignore =
  'Falls Sie das nicht waren, können Sie diese Nachricht übergehen: Ohne den Link geschieht nichts.'
const notYou =
  'Falls Sie das nicht waren, setzen Sie jetzt Ihr Passwort zurück und beenden Sie die Sitzungen, die Sie nicht kennen.'

const span = (seconds: number): string => formatSpan(seconds, language)
const greeting = ({ name }: AccountFacts): string =>
  name === null ? 'Guten Tag,' : `Guten Tag ${name},`
const open = ({ app }: MessageContext) => ({
  label: `${app.name} öffnen`,
  url: app.url,
  hint: null,
})

/** The messages in German: `messages: germanMessages`, and an example of a translation. */
export const germanMessages: Messages = Object.freeze({
  magic_link: ({ app, link, lifetimeSeconds, code }) =>
    composeMessage(app, {
      language,
      subject: `Anmelden bei ${app.name}`,
      heading: `Anmelden bei ${app.name}`,
      paragraphs: [
        `Öffnen Sie diesen Link, um sich anzumelden. Er gilt einmal, ${span(lifetimeSeconds)} lang.`,
      ],
      action: { label: 'Anmelden', url: link, hint: linkHint },
      code:
        code === null
          ? null
          : { hint: 'Oder geben Sie diesen Code ein, wo Sie danach gefragt werden:', digits: code },
      notes: [
        ...(code === null
          ? []
          : ['Geben Sie diesen Code niemandem. Niemand von uns wird Sie je danach fragen.']),
        'Falls Sie das nicht waren, können Sie diese Nachricht übergehen: Ohne sie meldet sich niemand an.',
      ],
    }),
  verify_email: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${app.name}`,
      heading: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: [
        `Mit der Adresse ${to} wurde ein Konto bei ${app.name} angelegt.`,
        `Öffnen Sie diesen Link, um zu bestätigen, dass es Ihre ist. Er gilt einmal, ${span(lifetimeSeconds)} lang.`,
      ],
      action: { label: 'Adresse bestätigen', url: link, hint: linkHint },
      notes: [ignore],
    }),
  reset_password: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Neues Passwort für ${app.name}`,
      heading: 'Neues Passwort wählen',
      paragraphs: [
        `Jemand hat für das Konto ${to} ein neues Passwort verlangt.`,
        `Öffnen Sie diesen Link, um eines zu wählen. Er gilt einmal, ${span(lifetimeSeconds)} lang.`,
      ],
      action: { label: 'Passwort wählen', url: link, hint: linkHint },
      notes: [
        'Falls Sie das nicht waren, können Sie diese Nachricht übergehen: Ihr Passwort bleibt, wie es ist.',
      ],
    }),
  change_email: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Bestätigen Sie Ihre neue E-Mail-Adresse für ${app.name}`,
      heading: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      paragraphs: [
        `Jemand, der bei ${app.name} angemeldet ist, möchte künftig die Adresse ${to} verwenden.`,
        `Öffnen Sie diesen Link dort, wo Sie angemeldet sind, um es zu bestätigen. Er gilt einmal, ${span(lifetimeSeconds)} lang.`,
      ],
      action: { label: 'Diese Adresse verwenden', url: link, hint: linkHint },
      notes: [ignore],
    }),
  already_registered: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Sie haben schon ein Konto bei ${data.app.name}`,
      heading: 'Sie haben schon ein Konto',
      paragraphs: [
        `Jemand wollte sich bei ${data.app.name} mit der Adresse ${data.to} registrieren, zu der es schon ein Konto gibt.`,
        'Falls Sie das waren, melden Sie sich an wie gewohnt. Ein vergessenes Passwort können Sie dort zurücksetzen.',
      ],
      action: open(data),
      notes: [
        'Falls Sie das nicht waren, können Sie diese Nachricht übergehen: Ihr Konto ist, wie es war.',
      ],
    }),
  password_changed: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Ihr Passwort für ${data.app.name} wurde geändert`,
      heading: 'Ihr Passwort wurde geändert',
      paragraphs: [greeting(data), `das Passwort Ihres Kontos ${data.to} wurde geändert.`],
      action: open(data),
      notes: [notYou],
    }),
  email_changed: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Ihre E-Mail-Adresse bei ${data.app.name} wurde geändert`,
      heading: 'Ihre E-Mail-Adresse wurde geändert',
      paragraphs: [
        greeting(data),
        `Ihr Konto verwendet nicht mehr die Adresse ${data.to}, sondern ${data.newEmail}. Dies ist die letzte Nachricht an die alte Adresse.`,
      ],
      action: open(data),
      notes: [
        `Falls Sie das nicht waren, schreiben Sie gleich denen, die ${data.app.name} betreiben.`,
      ],
    }),
  new_sign_in: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Neue Anmeldung bei ${data.app.name}`,
      heading: 'Eine neue Anmeldung in Ihrem Konto',
      paragraphs: [greeting(data), `jemand hat sich in Ihrem Konto ${data.to} angemeldet.`],
      details: [
        ['Wann', `${formatTime(data.at, language)} UTC`],
        ['Gerät', data.userAgent ?? 'unbekannt'],
        ['Netzadresse', data.ip ?? 'unbekannt'],
      ],
      action: open(data),
      notes: ['Falls Sie das waren, ist alles gut.', notYou],
    }),
  account_linked: (data) =>
    composeMessage(data.app, {
      language,
      subject: `${data.provider} öffnet jetzt Ihr Konto bei ${data.app.name}`,
      heading: `${data.provider} wurde mit Ihrem Konto verbunden`,
      paragraphs: [
        greeting(data),
        `Sie können sich in Ihrem Konto ${data.to} jetzt mit ${data.provider} anmelden.`,
      ],
      action: open(data),
      notes: [
        `Falls Sie das nicht waren, entfernen Sie ${data.provider} aus Ihrem Konto und setzen Sie Ihr Passwort zurück.`,
      ],
    }),
  passkey_added: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Ein Passkey wurde Ihrem Konto bei ${data.app.name} hinzugefügt`,
      heading: 'Ein Passkey wurde Ihrem Konto hinzugefügt',
      paragraphs: [
        greeting(data),
        data.passkey === null
          ? `ein neuer Passkey öffnet jetzt Ihr Konto ${data.to}.`
          : `der Passkey „${data.passkey}“ öffnet jetzt Ihr Konto ${data.to}.`,
      ],
      action: open(data),
      notes: [
        'Falls Sie das nicht waren, entfernen Sie den Passkey aus Ihrem Konto und setzen Sie Ihr Passwort zurück.',
      ],
    }),
})
