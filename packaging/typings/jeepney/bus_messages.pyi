from jeepney import MatchRule, Message

class DBus:
    def Hello(self) -> Message: ...
    def AddMatch(self, rule: MatchRule) -> Message: ...

message_bus: DBus
