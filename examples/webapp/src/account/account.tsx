import type { Session, SignInMethods, User } from 'torii-auth'
import { describeDevice } from '../device.js'
import type { Content } from '../parts.js'
import * as p from '../parts.js'
import { noticeOf } from '../public-pages.js'
import type { Call, Page } from '../site.js'
import { capitalized, methodName } from '../words.js'
import { accountPath, accountPaths, tabs } from './paths.js'
import { reauthenticationDialog } from './reauthentication.js'
import { security } from './security.js'

/** A request of a signed-in user, with what they can sign in with. */
export interface AccountCall extends Call {
  readonly valid: NonNullable<Call['valid']>
  readonly methods: SignInMethods
}

/** A page of the account. Without a session it redirects to sign-in, which leads back to it. */
const accountPage =
  (show: (call: AccountCall) => Content | Promise<Content>): Page =>
  async ({ valid, ...call }) => {
    if (valid === null) return { location: `/sign-in?to=${encodeURIComponent(call.path)}` }
    const own = { ...call, valid, methods: await call.torii.users.signInMethods(valid) }
    const links = [...tabs].map(([path, text]) => [path, text, path === call.path] as const)
    const panels = p.group('panels', noticeOf(call.query), await show(own))
    const content = (
      <section class="wide" data-may-upgrade={String(valid.recent)}>
        {who(valid.user)}
        {p.group('account', p.choices('Account', 'tabs', links), panels)}
        {reauthenticationDialog(own)}
      </section>
    )
    return { title: tabs.get(call.path) ?? 'Account', content }
  }

function who({ name, email, picture }: User) {
  const shown = name ?? email ?? 'Your account'
  const image = picture && <img alt="" src={picture} referrerpolicy="no-referrer" />
  const initial = <span aria-hidden="true">{(shown[0] ?? '?').toUpperCase()}</span>
  const names = [<h1 tabindex={-1}>{shown}</h1>, name !== null && email !== null && p.muted(email)]
  return p.group('who', p.group('avatar', image || initial), <div>{names}</div>)
}

const profile = ({ valid: { user } }: AccountCall) => {
  const { name, picture, createdAt } = user
  const image = { kind: 'url', hint: 'The https URL of an image.', optional: true } as const
  const fields = [
    p.field('name', 'Name', { kind: 'name', value: name, optional: true }),
    p.field('picture', 'Picture', { ...image, value: picture }),
  ]
  const lead = `Member since ${p.day(createdAt)}`
  return p.panel('Profile', lead, p.form('save-profile', 'Save', {}, fields))
}

/** The active sessions of the user: this one first, then the last used. */
const sessions = async ({ torii, valid, now }: AccountCall) => {
  const others = (await torii.sessions.list(valid)).filter(({ id }) => id !== valid.session.id)
  others.sort((a, b) => b.lastActiveAt.getTime() - a.lastActiveAt.getTime())
  const lead = 'Sign out any device you don’t recognize, then change your password.'
  const rows = [valid.session, ...others].map((one) => sessionRow(one, one === valid.session, now))
  const revoke = others.length > 0 && p.action('revoke-others', 'Sign out all other sessions')
  return p.panel('Sessions and devices', lead, p.list(rows), revoke)
}

const icons = {
  computer: 'M5 5h14v10H5zM2.5 19h19',
  phone: 'M7 3h10v18H7zM11 18h2',
  program: 'M3 5h18v14H3zM7 10l2.5 2L7 14M12.5 15h4',
}

function sessionRow(session: Session, isCurrent: boolean, now: Date) {
  const { name, kind } = describeDevice(session.userAgent)
  const icon = (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={icons[kind]} />
    </svg>
  )
  const title = [icon, <h3>{name}</h3>, isCurrent && p.badge('good', 'Current session')]
  const facts = p.facts({
    'Last active': p.relative(session.lastActiveAt, now),
    Expires: p.relative(session.expiresAt, now, true),
    'Signed in with': capitalized(session.methods.map(methodName).join(', ')),
    'Verified by': session.level === 2 ? 'Two factors' : 'One factor',
    'IP address': session.ip ?? 'Unknown',
  })
  const id = p.hidden('id', session.id)
  return p.row(
    title,
    facts,
    !isCurrent && p.action('revoke-session', 'Sign out', `Sign out ${name}`, id),
  )
}

/** Export and deletion of the user's data. */
const data = ({ valid: { user } }: AccountCall) => {
  const exporting =
    'Download everything that we store about you as a JSON file. It contains no passwords or keys.'
  const deleting = 'This permanently deletes your profile, sign-in methods and sessions.'
  const expect = user.email ?? 'delete'
  const question = {
    ...{ open: 'Delete account', title: 'Delete your account?', button: 'Delete permanently' },
    ...{ note: 'All your data is deleted immediately. You cannot undo this.', danger: true },
  }
  const label = ['Type ', <strong>{expect}</strong>, ' to confirm']
  const typed = p.field('confirmation', label, { expect })
  return [
    p.panel('Export your data', exporting, p.action('export-data', 'Download')),
    p.panel('Delete your account', deleting, p.ask('delete-account', question, typed)),
  ]
}

const shows = [profile, security, sessions, data]

/** The pages of the account, by path. */
export const accountPages: Readonly<Record<string, Page>> = Object.fromEntries(
  shows.map((show, place) => [accountPaths[place] ?? accountPath, accountPage(show)]),
)
