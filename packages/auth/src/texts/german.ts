import type { Texts } from './texts.js'

/** The texts of pages and errors in German; also an example of a translation. */
export const germanTexts: Texts = Object.freeze({
  pages: {
    magic_link: {
      heading: 'Anmelden',
      introduction: 'Sie melden sich an als {email}',
      button: 'Anmelden',
    },
    verify_email: {
      heading: 'E-Mail-Adresse bestätigen',
      introduction: 'Bestätigen Sie die E-Mail-Adresse {email}',
      button: 'E-Mail-Adresse bestätigen',
      passwordLabel: 'Ihr Passwort',
      forgotten: 'Passwort vergessen oder nie festgelegt?',
      forgottenNote:
        'Ihr neues Passwort ersetzt das bisherige. Passkeys, verknüpfte Konten und Sitzungen, die vor der Bestätigung Ihrer E-Mail-Adresse hinzugefügt wurden, werden entfernt.',
      forgottenButton: 'Passwort festlegen und bestätigen',
    },
    reset_password: {
      heading: 'Neues Passwort festlegen',
      introduction: 'Legen Sie ein neues Passwort fest für {email}',
      button: 'Passwort festlegen',
      removeOthers: 'Alle Passkeys und verknüpften Konten entfernen',
      removeOthersNote: 'Wählen Sie das, wenn jemand anderes Ihr Konto verwendet haben könnte.',
    },
    change_email: {
      heading: 'E-Mail-Adresse ändern',
      introduction: 'Ihre E-Mail-Adresse wird geändert in {email}',
      button: 'E-Mail-Adresse ändern',
      replacement: 'Ihre E-Mail-Adresse wird geändert\nvon {formerEmail}\nin {email}',
    },
    undo_second_factor: {
      heading: 'Sie haben die Zwei-Faktor-Anmeldung nicht eingeschaltet?',
      introduction:
        'Für das Konto {email} wurde die Zwei-Faktor-Anmeldung eingeschaltet.\nHiermit wird sie ausgeschaltet. Alle Passkeys und verbundenen Konten, die seitdem hinzugefügt wurden, und das Passwort werden entfernt, und alle Geräte werden abgemeldet. Danach senden wir Ihnen einen Link, mit dem Sie ein neues Passwort wählen.',
      button: 'Das war ich nicht',
      ignore:
        'Wenn Sie sie selbst eingeschaltet haben, schließen Sie diese Seite. Dann bleibt sie eingeschaltet.',
    },
    second_factor: {
      heading: 'Zwei-Faktor-Anmeldung',
      introduction:
        'Geben Sie den sechsstelligen Code ein, den Ihre Authenticator-App jetzt anzeigt.',
      codeLabel: 'Code',
      button: 'Anmelden',
      trustLabel: 'Diesem Browser vertrauen',
      trustNote:
        'Dann melden Sie sich hier einige Zeit lang ohne diesen Schritt an. Nicht auf einem gemeinsam genutzten Gerät ankreuzen.',
      recoveryQuestion: 'Kein Zugriff auf Ihre Authenticator-App?',
      recoveryNote:
        'Geben Sie einen der Wiederherstellungscodes ein, die Sie beim Einrichten aufbewahrt haben. Jeder gilt einmal.',
      recoveryCodeLabel: 'Wiederherstellungscode',
      recoveryButton: 'Mit dem Wiederherstellungscode anmelden',
      passkeyButton: 'Passkey verwenden',
      passkeyFailed: 'Der Passkey wurde nicht verwendet. Versuchen Sie es noch einmal.',
      passwordLabel: 'Passwort',
      passwordButton: 'Anmelden',
      codeQuestion: 'Stattdessen einen Code verwenden?',
      codeNote:
        'Geben Sie den sechsstelligen Code ein, den Ihre Authenticator-App jetzt anzeigt. Für manche Änderungen an Ihrem Konto wird trotzdem noch Ihr Passwort verlangt.',
      otherWay: 'Anders anmelden',
      expiredHeading: 'Diese Anmeldung ist abgelaufen',
      expiredExplanation: 'Melden Sie sich noch einmal an.',
    },
    enroll_second_factor: {
      heading: 'Zwei-Faktor-Anmeldung einrichten',
      introduction:
        'Ihr Konto verlangt die Zwei-Faktor-Anmeldung. Richten Sie sie jetzt ein, um sich anzumelden.',
      startButton: 'Weiter',
      emailCodeLabel: 'Code aus der E-Mail',
      emailCodeButton: 'Weiter',
      newCodeQuestion: 'Keine E-Mail bekommen?',
      newCodeNote:
        'Sehen Sie im Spam-Ordner nach, oder senden Sie einen neuen Code. Nur der neueste gilt.',
      newCodeButton: 'Neuen Code senden',
      scan: 'Scannen Sie diesen Code mit einer Authenticator-App, oder geben Sie dort den Schlüssel darunter ein. Geben Sie dann die sechs Ziffern ein, die die App anzeigt.',
      secretLabel: 'Schlüssel',
      codeLabel: 'Code aus der App',
      confirmButton: 'Anmelden',
      startAgainQuestion: 'Hat das Scannen nicht geklappt?',
      startAgainNote: 'Beginnen Sie mit einem neuen Code zum Scannen.',
      startAgainButton: 'Neuen Code anzeigen',
      passkeyButton: 'Stattdessen einen Passkey einrichten',
      passkeyFailed: 'Es wurde kein Passkey eingerichtet. Versuchen Sie es noch einmal.',
      doneHeading: 'Bewahren Sie Ihre Wiederherstellungscodes auf',
      recoveryCodes:
        'Mit jedem dieser Codes melden Sie sich einmal ohne Ihre Authenticator-App an. Bewahren Sie sie sicher auf: Sie werden nicht noch einmal angezeigt.',
      continueLabel: 'Weiter',
    },
    expired: {
      heading: 'Dieser Link ist nicht mehr gültig',
      explanation:
        'Er ist abgelaufen oder wurde bereits verwendet. Fordern Sie einen neuen Link an.',
    },
    error: { heading: 'Anmeldung fehlgeschlagen' },
    common: {
      newPasswordLabel: 'Neues Passwort',
      show: 'Anzeigen',
      showPassword: 'Passwort anzeigen',
      hide: 'Verbergen',
      hidePassword: 'Passwort verbergen',
      ignore:
        'Wenn Sie das nicht angefordert haben, schließen Sie diese Seite. Es wurde nichts geändert.',
      back: 'Zurück zu {app}',
    },
  },
  passwords: {
    too_short:
      'Verwenden Sie mindestens {limit} Zeichen. Einige Wörter hintereinander sind leicht zu merken.',
    too_long: 'Verwenden Sie höchstens {limit} Zeichen.',
    malformed:
      'Das Passwort enthält Zeichen, die nicht unterstützt werden. Wählen Sie ein anderes Passwort.',
    guessable:
      'Dieses Passwort ist leicht zu erraten: Es wiederholt sich, folgt einer Reihenfolge oder besteht aus Ihrem Namen oder Ihrer E-Mail-Adresse.',
    common:
      'Dieses Passwort ist zu verbreitet. Wählen Sie mehrere Wörter, die nichts miteinander zu tun haben.',
    breached: 'Dieses Passwort ist in einem Datenleck aufgetaucht. Wählen Sie ein anderes.',
  },
  errors: {
    account_disabled: 'Dieses Konto ist gesperrt.',
    already_exists: 'Das gibt es bereits.',
    body_too_large: 'Der Inhalt der Anfrage darf höchstens 16 KiB groß sein.',
    busy: 'Der Server ist ausgelastet. Versuchen Sie es gleich noch einmal.',
    conflict: 'Ihr Konto wurde im selben Moment geändert. Versuchen Sie es noch einmal.',
    email_taken: 'Es gibt bereits ein Konto mit dieser E-Mail-Adresse.',
    internal: 'Auf dem Server ist ein Fehler aufgetreten. Versuchen Sie es später noch einmal.',
    invalid_code:
      'Dieser Code ist falsch oder wurde schon verwendet. Geben Sie den Code ein, der jetzt angezeigt wird.',
    passkey_required: 'Verwenden Sie Ihren Passkey, um die Anmeldung abzuschließen.',
    other_method_required:
      'Diese Anmeldung lässt sich nicht abschließen. Begann sie mit einem Passkey? Melden Sie sich zuerst auf andere Weise an, danach mit dem Passkey. Sonst lassen Sie Ihren zweiten Faktor zurücksetzen.',
    password_required: 'Geben Sie Ihr Passwort ein, um die Anmeldung abzuschließen.',
    enrollment_required:
      'Ihr Konto verlangt eine Zwei-Faktor-Anmeldung. Richten Sie sie ein, um sich anzumelden.',
    email_code_required:
      'Wir haben einen Code an Ihre E-Mail-Adresse gesendet. Geben Sie ihn ein, um fortzufahren.',
    invalid_email_code:
      'Dieser Code ist falsch oder abgelaufen. Geben Sie den Code aus unserer neuesten E-Mail ein.',
    factor_required:
      'Ihr Konto verlangt eine Zwei-Faktor-Anmeldung; sie kann nicht ausgeschaltet werden.',
    invalid_recovery_code:
      'Dieser Wiederherstellungscode ist falsch oder wurde schon verwendet. Geben Sie einen anderen ein.',
    invalid_credentials: 'E-Mail-Adresse oder Passwort ist falsch.',
    invalid_token:
      'Dieser Link oder Code ist abgelaufen oder wurde bereits verwendet. Fordern Sie einen neuen an.',
    last_method:
      'Das ist Ihre einzige Anmeldemethode. Fügen Sie eine andere hinzu, bevor Sie diese entfernen.',
    password_sign_in_required:
      'Melden Sie sich mit Ihrem Passwort an, um automatisch einen Passkey zu erstellen, oder fügen Sie selbst einen hinzu.',
    level_required: 'Bestätigen Sie mit Ihrer Authenticator-App, um fortzufahren.',
    level_enroll: 'Richten Sie die Zwei-Faktor-Anmeldung oder einen Passkey ein, um fortzufahren.',
    level_passkey: 'Bestätigen Sie mit Ihrem Passkey, um fortzufahren.',
    level_password: 'Bestätigen Sie mit Ihrem Passwort, um fortzufahren.',
    method_not_allowed: 'Verwenden Sie {allow}.',
    not_found: 'Nicht gefunden.',
    origin_not_allowed: 'Anfragen von dieser Herkunft (Origin) sind nicht erlaubt.',
    passkey_rejected: 'Dieser Passkey konnte nicht geprüft werden.',
    provider_failed: 'Der Anbieter ist nicht erreichbar. Versuchen Sie es später noch einmal.',
    reauthentication_required: 'Bestätigen Sie Ihre Identität, um fortzufahren.',
    second_factor_required: 'Geben Sie den Code Ihrer Authenticator-App ein.',
    too_many: 'Sie haben die Höchstzahl erreicht. Löschen Sie zuerst einen Eintrag.',
    too_many_attempts: 'Zu viele Versuche. Versuchen Sie es in {seconds} Sekunden noch einmal.',
    unauthenticated: 'Sie sind nicht angemeldet.',
    unavailable:
      'Der Dienst ist vorübergehend nicht verfügbar. Versuchen Sie es gleich noch einmal.',
    unsupported_media_type: 'Senden Sie den Inhalt als application/json.',
    incorrect_current_password: 'Das bisherige Passwort ist falsch.',
    incorrect_password: 'Das Passwort ist falsch.',
    no_passkey: 'Dieses Konto hat keinen Passkey.',
    no_passkey_factor:
      'Ein Passkey kann diese Anmeldung nicht abschließen. Verwenden Sie einen der anderen Wege, die angeboten werden.',
    passkey_exists: 'Dieser Passkey ist bereits registriert.',
    password_exists: 'Dieses Konto hat bereits ein Passwort.',
    email_change_waits:
      'Nichts wurde geändert. Melden Sie sich ab, mit Ihrer Authenticator-App wieder an, und öffnen Sie den Link noch einmal.',
    enrollment_expired: 'Diese Einrichtung ist abgelaufen. Beginnen Sie noch einmal.',
    undo_expired:
      'Dieser Link ist abgelaufen oder wurde bereits verwendet. Wenn Sie die Zwei-Faktor-Anmeldung nicht eingeschaltet haben und sie noch eingeschaltet ist, wenden Sie sich an den Support.',
    sign_in_expired: 'Diese Anmeldung ist abgelaufen. Melden Sie sich noch einmal an.',
    sign_in_failed: 'Die Anmeldung ist fehlgeschlagen. Versuchen Sie es noch einmal.',
    too_many_passkeys: 'Sie haben die Höchstzahl an Passkeys erreicht. Löschen Sie zuerst einen.',
  },
})
