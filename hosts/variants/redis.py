# Processes tell each other of changes through Redis. A page looks by itself only once a minute.
import os

CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [os.environ["REDIS_URL"]]},
    }
}
PARLOUR = {"TICK": 60.0}
