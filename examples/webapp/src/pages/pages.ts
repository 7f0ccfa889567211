import type { Page } from '../page.js'
import { homePage } from './home.js'

/** Every page of the site but the mailbox. */
export const pages: readonly Page[] = [homePage]
