import { configureHost } from '../../builder/host/here.js'
import { testPlace } from './place.js'

configureHost(testPlace)
