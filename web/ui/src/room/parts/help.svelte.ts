/** Whether the list of keys is open, and whether keys work at all (WCAG 2.1.4). */
class Help {
  open = $state(false)
  keysOn = $state(localStorage.getItem('haidang-keys') !== 'off')

  setKeys(on: boolean): void {
    this.keysOn = on
    localStorage.setItem('haidang-keys', on ? 'on' : 'off')
  }
}

export const help = new Help()
