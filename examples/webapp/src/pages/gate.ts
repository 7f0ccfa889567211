import { html } from '../html.js'

/** The gate around the card, shown in wide windows. */
export const gate = html`<svg class="gate" viewBox="0 0 720 1200" preserveAspectRatio="xMidYMin slice" aria-hidden="true"><path d="M0 4C130 40 590 40 720 4L705 52C580 76 140 76 15 52ZM36 66C160 84 560 84 684 66L678 92C560 104 160 104 42 92ZM56 156h608v26H56zM94 99h34v57H94zM592 99h34v57h-34zM93 182H126L92 1200H44zM594 182H627L676 1200H628z"/></svg>`
