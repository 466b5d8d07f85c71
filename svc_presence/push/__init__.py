"""Push tells the devices of those who are away of what they would want to know.

It promises: nobody but the device reads what it is told; what is newer takes the place of what is older, so that a device shows a
conversation once; and a device that is not there any more is forgotten. A push may be lost, and no message with it: they are in the log.
"""
