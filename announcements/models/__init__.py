from announcements.models.announcement import Announcement, Condition, State
from announcements.models.bounce import Bounce, BounceKind
from announcements.models.delivery import Delivery, DeliveryState, Relay
from announcements.models.mailbox import Basis, Mailbox, Topic
from announcements.models.subscriber_file import FileState, SubscriberFile, SubscriberFilePiece
from announcements.models.subscription import Subscription, SubscriptionState

__all__ = [
    "Announcement",
    "Basis",
    "Bounce",
    "BounceKind",
    "Condition",
    "Delivery",
    "DeliveryState",
    "FileState",
    "Mailbox",
    "Relay",
    "State",
    "SubscriberFile",
    "SubscriberFilePiece",
    "Subscription",
    "SubscriptionState",
    "Topic",
]
