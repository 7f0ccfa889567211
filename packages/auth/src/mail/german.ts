import { composeMessage } from './compose.js'
import type { AccountFacts, MessageContext, Messages } from './messages.js'
import { formatSpan, formatTime } from './text.js'

const language = 'de'
const linkHint =
  'Wenn die Schaltfläche nicht funktioniert, kopieren Sie diesen Link in Ihren Browser:'
const ignore = 'Wenn Sie das nicht angefordert haben, können Sie diese E-Mail ignorieren.'
const notYou =
  'Wenn Sie das nicht waren, setzen Sie jetzt Ihr Passwort zurück und melden Sie alle Geräte ab, die Sie nicht kennen.'
const firstFactorMisused =
  'Wenn Sie das nicht waren, kann jemand eine Ihrer Anmeldemethoden verwenden, zum Beispiel Ihr Passwort: Ändern Sie es jetzt.'

const span = (seconds: number): string => formatSpan(seconds, language)
const greeting = ({ name }: AccountFacts): string =>
  name === null ? 'Guten Tag,' : `Guten Tag ${name},`
const open = ({ app }: MessageContext) => ({
  label: `${app.name} öffnen`,
  url: app.url,
  hint: null,
})

/** The messages in German, for `mail: { messages: germanMessages }`; also an example of a translation. */
export const germanMessages: Messages = Object.freeze({
  magic_link: ({ app, link, lifetimeSeconds, code }) =>
    composeMessage(app, {
      language,
      subject: `Anmelden bei ${app.name}`,
      heading: `Anmelden bei ${app.name}`,
      paragraphs: [
        `Mit diesem Link melden Sie sich an. Er ist ${span(lifetimeSeconds)} gültig und kann nur einmal verwendet werden.`,
      ],
      action: { label: 'Anmelden', url: link, hint: linkHint },
      code:
        code === null
          ? null
          : { hint: 'Oder geben Sie diesen Code auf der Anmeldeseite ein:', digits: code },
      notes: [
        ...(code === null
          ? []
          : ['Geben Sie diesen Code nicht weiter. Wir werden Sie nie danach fragen.']),
        ignore,
      ],
    }),
  verify_email: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Bestätigen Sie Ihre E-Mail-Adresse für ${app.name}`,
      heading: 'Bestätigen Sie Ihre E-Mail-Adresse',
      paragraphs: [
        `Mit der E-Mail-Adresse ${to} wurde ein Konto bei ${app.name} erstellt.`,
        `Mit diesem Link bestätigen Sie die Adresse. Er ist ${span(lifetimeSeconds)} gültig und kann nur einmal verwendet werden.`,
      ],
      action: { label: 'E-Mail-Adresse bestätigen', url: link, hint: linkHint },
      notes: [ignore],
    }),
  reset_password: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Passwort für ${app.name} zurücksetzen`,
      heading: 'Passwort zurücksetzen',
      paragraphs: [
        `Für das Konto ${to} wurde ein neues Passwort angefordert.`,
        `Mit diesem Link legen Sie es fest. Er ist ${span(lifetimeSeconds)} gültig und kann nur einmal verwendet werden.`,
      ],
      action: { label: 'Passwort zurücksetzen', url: link, hint: linkHint },
      notes: [
        'Wenn Sie das nicht angefordert haben, können Sie diese E-Mail ignorieren. Ihr Passwort ändert sich nicht.',
      ],
    }),
  change_email: ({ app, to, link, lifetimeSeconds }) =>
    composeMessage(app, {
      language,
      subject: `Bestätigen Sie Ihre neue E-Mail-Adresse für ${app.name}`,
      heading: 'Bestätigen Sie Ihre neue E-Mail-Adresse',
      paragraphs: [
        `Die E-Mail-Adresse eines Kontos bei ${app.name} soll in ${to} geändert werden.`,
        `Öffnen Sie diesen Link in dem Browser, in dem Sie angemeldet sind. Er ist ${span(lifetimeSeconds)} gültig und kann nur einmal verwendet werden.`,
      ],
      action: { label: 'E-Mail-Adresse bestätigen', url: link, hint: linkHint },
      notes: [ignore],
    }),
  already_registered: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Sie haben bereits ein Konto bei ${data.app.name}`,
      heading: 'Sie haben bereits ein Konto',
      paragraphs: [
        `Jemand hat versucht, sich bei ${data.app.name} mit der E-Mail-Adresse ${data.to} zu registrieren. Dafür gibt es bereits ein Konto.`,
        'Wenn Sie das waren, melden Sie sich an. Ein vergessenes Passwort können Sie dort zurücksetzen.',
      ],
      action: open(data),
      notes: [
        'Wenn Sie das nicht waren, können Sie diese E-Mail ignorieren. Ihr Konto hat sich nicht geändert.',
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
        `die E-Mail-Adresse Ihres Kontos wurde von ${data.to} in ${data.newEmail} geändert. An die bisherige Adresse senden wir keine weiteren E-Mails.`,
      ],
      action: open(data),
      notes: [
        `Wenn Sie das nicht waren, wenden Sie sich jetzt an den Support von ${data.app.name}.`,
      ],
    }),
  new_sign_in: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Neue Anmeldung bei ${data.app.name}`,
      heading: 'Neue Anmeldung bei Ihrem Konto',
      paragraphs: [greeting(data), `bei Ihrem Konto ${data.to} gab es eine neue Anmeldung.`],
      details: [
        ['Zeit', `${formatTime(data.at, language)} UTC`],
        ['Gerät', data.userAgent ?? 'unbekannt'],
        ['IP-Adresse', data.ip ?? 'unbekannt'],
      ],
      action: open(data),
      notes: ['Wenn Sie das waren, müssen Sie nichts tun.', notYou],
    }),
  account_linked: (data) =>
    composeMessage(data.app, {
      language,
      subject: `${data.provider} wurde mit Ihrem Konto bei ${data.app.name} verknüpft`,
      heading: `${data.provider} wurde mit Ihrem Konto verknüpft`,
      paragraphs: [
        greeting(data),
        `Sie können sich bei Ihrem Konto ${data.to} jetzt mit ${data.provider} anmelden.`,
      ],
      action: open(data),
      notes: [
        `Wenn Sie das nicht waren, heben Sie in Ihrem Konto die Verknüpfung mit ${data.provider} auf und setzen Sie Ihr Passwort zurück.`,
      ],
    }),
  passkey_added: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Neuer Passkey für Ihr Konto bei ${data.app.name}`,
      heading: 'Ihrem Konto wurde ein Passkey hinzugefügt',
      paragraphs: [
        greeting(data),
        data.passkey === null
          ? `Sie können sich bei Ihrem Konto ${data.to} jetzt mit einem neuen Passkey anmelden.`
          : `Sie können sich bei Ihrem Konto ${data.to} jetzt mit dem Passkey „${data.passkey}“ anmelden.`,
      ],
      action: open(data),
      notes: [
        'Wenn Sie das nicht waren, löschen Sie den Passkey in Ihrem Konto und setzen Sie Ihr Passwort zurück.',
      ],
    }),
  second_factor_added: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Zwei-Faktor-Anmeldung für Ihr Konto bei ${data.app.name} eingeschaltet`,
      heading: 'Zwei-Faktor-Anmeldung eingeschaltet',
      paragraphs: [
        greeting(data),
        `Die Anmeldung bei Ihrem Konto ${data.to} fragt von jetzt an auch nach einem Code Ihrer Authenticator-App. Alle anderen Sitzungen wurden beendet.`,
      ],
      action:
        data.undo === null
          ? open(data)
          : { label: 'Das war ich nicht', url: data.undo.link, hint: linkHint },
      notes: [
        data.undo === null
          ? `Wenn Sie das nicht waren, wenden Sie sich jetzt an den Support von ${data.app.name}.`
          : `Wenn Sie das waren, müssen Sie nichts tun. Wenn nicht, verwenden Sie den Link: Er entfernt alles, was seitdem hinzugefügt wurde, und Ihr Passwort, und Sie wählen ein neues. Er gilt ${span(data.undo.lifetimeSeconds)} und nur einmal.`,
      ],
    }),
  second_factor_removed: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Zwei-Faktor-Anmeldung für Ihr Konto bei ${data.app.name} ausgeschaltet`,
      heading: 'Zwei-Faktor-Anmeldung ausgeschaltet',
      paragraphs: [
        greeting(data),
        data.passkeys
          ? `Ihre Passkeys und Ihre Authenticator-App wurden aus Ihrem Konto ${data.to} entfernt, und alle Sitzungen wurden beendet.`
          : `Die Anmeldung bei Ihrem Konto ${data.to} fragt nicht mehr nach einem Code einer Authenticator-App. Alle anderen Sitzungen wurden beendet.`,
      ],
      action: open(data),
      notes: [
        'Wenn Sie das nicht waren, setzen Sie Ihr Passwort zurück und schalten Sie die Zwei-Faktor-Anmeldung wieder ein.',
      ],
    }),
  recovery_code_used: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Wiederherstellungscode für Ihr Konto bei ${data.app.name} verwendet`,
      heading: 'Ein Wiederherstellungscode wurde verwendet',
      paragraphs: [
        greeting(data),
        `Statt eines Codes Ihrer Authenticator-App wurde ein Wiederherstellungscode Ihres Kontos ${data.to} verwendet.`,
        data.remaining === 1
          ? '1 Wiederherstellungscode ist übrig.'
          : `${data.remaining} Wiederherstellungscodes sind übrig.`,
      ],
      action: open(data),
      notes: [
        'Wenn Sie Ihre Authenticator-App verloren haben, richten Sie sie in Ihrem Konto neu ein.',
        'Wenn Sie das nicht waren, setzen Sie Ihr Passwort zurück und erstellen Sie neue Wiederherstellungscodes.',
      ],
    }),
  enrollment_code: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Ihr Code für ${data.app.name}`,
      heading: 'Ihr Code',
      paragraphs: [
        greeting(data),
        `Sie melden sich bei Ihrem Konto ${data.to} an, das eine Zwei-Faktor-Anmeldung verlangt. Mit diesem Code richten Sie sie ein. Er ist ${span(data.lifetimeSeconds)} gültig.`,
      ],
      action: open(data),
      code: {
        hint: 'Geben Sie diesen Code auf der Seite ein, auf der Sie sich anmelden:',
        digits: data.code,
      },
      notes: [
        'Geben Sie diesen Code nicht weiter. Wir werden Sie nie danach fragen.',
        firstFactorMisused,
      ],
    }),
  sign_in_incomplete: (data) =>
    composeMessage(data.app, {
      language,
      subject: `Ihr zweiter Faktor wurde bei ${data.app.name} verlangt`,
      heading: 'Ihr zweiter Faktor wurde verlangt',
      paragraphs: [
        greeting(data),
        `der erste Schritt einer Anmeldung bei Ihrem Konto ${data.to} war richtig, zum Beispiel Ihr Passwort. Der zweite Faktor war falsch, oder er wurde in einem Browser verlangt, den Sie hier noch nicht verwendet haben.`,
      ],
      details: [
        ['Zeit', `${formatTime(data.at, language)} UTC`],
        ['Gerät', data.userAgent ?? 'unbekannt'],
        ['IP-Adresse', data.ip ?? 'unbekannt'],
      ],
      action: open(data),
      notes: [
        'Wenn Sie das waren, müssen Sie nichts tun.',
        `${firstFactorMisused} Ohne Ihren zweiten Faktor ist diese Person nicht angemeldet.`,
        'Diese Nachricht bekommen Sie höchstens einmal am Tag.',
      ],
    }),
})
