// Where the phone says it is.

export interface Fix {
  lon: number
  lat: number
  accuracyM: number
}

/** Asks the phone once; null when it will not or cannot say (also on plain http). */
export function locate(): Promise<Fix | null> {
  if (!navigator.geolocation) return Promise.resolve(null)
  return new Promise((done) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => done({ lon: coords.longitude, lat: coords.latitude, accuracyM: Math.ceil(coords.accuracy) }),
      () => done(null),
      { enableHighAccuracy: true, timeout: 15_000 },
    )
  })
}
