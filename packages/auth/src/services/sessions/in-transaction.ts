import type {
  Json,
  OthersRevoked,
  SessionToken,
  SignInMethod,
  UserId,
  ValidSession,
} from 'torii-core'
import type { RequestInfo } from '../../base/request-info.js'
import type { OperationContext } from '../context/context.js'
import { revokeAllSessions, revokeOtherSessions, revokeSession, signOut } from './ending.js'
import type { DeriveOutcome, OpenOutcome } from './opening.js'
import { deriveSession, openSession } from './opening.js'
import type { RotateOutcome } from './rotate.js'
import { rotateToken } from './rotate.js'

/** Sessions in the application's own transaction; each promises what the same name outside does. */
export interface TransactionalSessions<Metadata extends object = Record<string, Json>> {
  open(userId: UserId, method: SignInMethod, requestInfo: RequestInfo): Promise<OpenOutcome>
  derive(valid: ValidSession<Metadata>, requestInfo: RequestInfo): Promise<DeriveOutcome>
  rotate(token: string | SessionToken): Promise<RotateOutcome>
  revoke(valid: ValidSession<Metadata>, id: string): Promise<boolean>
  revokeOthers(valid: ValidSession<Metadata>): Promise<OthersRevoked>
  revokeAll(valid: ValidSession<Metadata>): Promise<OthersRevoked>
  signOut(token: string | SessionToken): Promise<boolean>
}

export const createTransactionalSessions = <Metadata extends object>(
  context: OperationContext<Metadata>,
): TransactionalSessions<Metadata> => ({
  open: (userId, method, requestInfo) => openSession(context, userId, method, requestInfo),
  derive: (valid, requestInfo) => deriveSession(context, valid, requestInfo),
  rotate: (token) => rotateToken(context, token),
  revoke: (valid, id) => revokeSession(context, valid, id),
  revokeOthers: (valid) => revokeOtherSessions(context, valid),
  revokeAll: (valid) => revokeAllSessions(context, valid),
  signOut: (token) => signOut(context, token),
})
