from jeepney import MatchRule

class DBus:
    def AddMatch(self, rule: MatchRule) -> None: ...

message_bus: DBus
