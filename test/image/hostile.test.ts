import { piimg } from '../support/cli.js'
import { testHostileImages } from '../support/hostile.js'

testHostileImages(piimg)
