import type { Alarm } from '../../lib/types'

/** The alarm whose note dialog is open: a key, a row or the phone may open it. */
class Taking {
  alarm = $state.raw<Alarm | undefined>()
}

export const taking = new Taking()
