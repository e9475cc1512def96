"""The voice robot's scripts: nodes, what a customer may reply at each, and where that leads.

``{1}``, ``{2}``, … in a text are the columns of the task's row, counted from 0. A node without
replies ends the dialog, unless it names the next one itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Reply:
    text: str
    hit: str
    leads_to: str


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    kind: str
    says: str
    replies: tuple[Reply, ...] = ()
    leads_to: str = ""
    tag: str = ""
    tag_meaning: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """``row`` offers values for each column of a task after the customer's number."""

    robot_id: str
    name: str
    columns: tuple[str, ...]
    row: tuple[tuple[str, ...], ...]
    nodes: Mapping[str, Node]
    opening: str = "open"

    def draw_row(self, number: str, dice: Random) -> list[str]:
        return [number, *(dice.choice(values) for values in self.row)]

    def walk(self, row: Sequence[str], dice: Random) -> list[tuple[Node, str, Reply | None]]:
        """One way through the script: each node, its text filled in, and the customer's reply."""
        steps: list[tuple[Node, str, Reply | None]] = []
        key = self.opening
        while key:
            node = self.nodes[key]
            reply = dice.choice(node.replies) if node.replies else None
            steps.append((node, node.says.format(*row), reply))
            key = reply.leads_to if reply else node.leads_to
        return steps


SURNAMES = (
    "陈女士",
    "林先生",
    "周女士",
    "吴先生",
    "郑女士",
    "何先生",
    "罗女士",
    "谢先生",
    "方女士",
)

DELIVERY = Script(
    robot_id="2745001",
    name="送货预约",
    columns=("客户手机号码", "客户称呼", "商品", "送货日期", "送货地址"),
    row=(
        SURNAMES,
        ("双开门冰箱", "三人沙发", "滚筒洗衣机", "实木餐桌"),
        ("周三上午", "周四下午", "周六上午", "周日下午"),
        ("桂园路十二号", "滨河小区三号楼", "云山苑五栋", "东湖花园一期"),
    ),
    nodes={
        "open": Node(
            "开场确认",
            "NormalNode",
            "您好，请问是{1}吗？我是山海家居的送货助手。",
            (
                Reply("是我，你说。", "肯定", "time"),
                Reply("对，什么事啊？", "肯定", "time"),
                Reply("你打错了，我没买东西。", "否定", "wrong"),
                Reply("我在开车，等会儿再打。", "忙碌", "later"),
            ),
        ),
        "time": Node(
            "预约时间",
            "NormalNode",
            "您订的{2}已经到仓库了，打算{3}送到{4}，那时候家里有人收货吗？",
            (
                Reply("有人，就那个时间送吧。", "肯定", "done"),
                Reply("可以的，到之前打个电话。", "肯定", "done"),
                Reply("那天不在家，能换一天吗？", "改期", "change"),
                Reply("上楼要另外收钱吗？", "询问费用", "fee"),
            ),
        ),
        "fee": Node(
            "费用说明",
            "AnyNode",
            "送货上楼和安装都不另外收费，没有电梯也一样。那我们还是{3}送，可以吗？",
            (
                Reply("那行，可以。", "肯定", "done"),
                Reply("好，麻烦你们了。", "肯定", "done"),
            ),
        ),
        "change": Node(
            "登记改期",
            "CollectInputNode",
            "没问题，您希望改到哪一天？",
            (
                Reply("下周一下午吧。", "时间", "changed"),
                Reply("改到周末，上午下午都行。", "时间", "changed"),
            ),
        ),
        "changed": Node(
            "改期结束",
            "EndNode",
            "好的，已经帮您登记，送货师傅出发前会再联系您，再见。",
            tag="B",
            tag_meaning="改期送货",
        ),
        "done": Node(
            "预约成功",
            "EndNode",
            "好的，{3}给您送到，请留意师傅的电话，祝您生活愉快，再见。",
            tag="A",
            tag_meaning="按期送货",
        ),
        "wrong": Node(
            "打错电话",
            "EndNode",
            "不好意思打扰您了，我们会核对号码，再见。",
            tag="E",
            tag_meaning="号码有误",
        ),
        "later": Node(
            "稍后再拨",
            "EndNode",
            "好的，您注意安全，我们晚一点再联系您，再见。",
            tag="C",
            tag_meaning="稍后联系",
        ),
    },
)

COUPON = Script(
    robot_id="2745002",
    name="优惠券通知",
    columns=("客户手机号码", "客户称呼", "门店", "优惠"),
    row=(
        SURNAMES,
        ("人民路店", "学府店", "江南店", "高新店"),
        ("满一百减三十", "第二件半价", "免费干洗一次", "会员价再打九折"),
    ),
    nodes={
        "open": Node(
            "开场问候",
            "NoNeedAnswerNode",
            "{1}您好，我是清禾生活{2}的小禾，给您送一份会员福利。",
            leads_to="offer",
        ),
        "offer": Node(
            "优惠券介绍",
            "NormalNode",
            "这个月老会员可以享受{3}，券已经放进您的账户，需要我发条短信告诉您怎么用吗？",
            (
                Reply("好啊，发给我吧。", "肯定", "send"),
                Reply("什么时候到期？", "询问有效期", "until"),
                Reply("不用了，我最近不去。", "否定", "refuse"),
                Reply("你是机器人吧？", "质疑身份", "robot"),
                Reply("别再打了。", "投诉", "stop"),
            ),
        ),
        "until": Node(
            "有效期说明",
            "NormalNode",
            "到这个月最后一天都能用，节假日也可以。要不要发短信给您？",
            (
                Reply("嗯，发吧。", "肯定", "send"),
                Reply("不用发，我记住了。", "否定", "refuse"),
            ),
        ),
        "robot": Node(
            "身份说明",
            "NormalNode",
            "我是智能助手，您有疑问我可以请同事回电。短信要发给您吗？",
            (
                Reply("那发一条看看。", "肯定", "send"),
                Reply("算了。", "否定", "refuse"),
            ),
        ),
        "send": Node(
            "同意短信",
            "EndNode",
            "短信马上就到，欢迎您来{2}，再见。",
            tag="A",
            tag_meaning="有意向",
        ),
        "refuse": Node(
            "礼貌结束",
            "EndNode",
            "好的，券会一直留到月底，您需要时随时来，再见。",
            tag="D",
            tag_meaning="无意向",
        ),
        "stop": Node(
            "停止来电",
            "EndNode",
            "非常抱歉打扰您，已经为您登记，今后不再来电，再见。",
            tag="F",
            tag_meaning="不再联系",
        ),
    },
)
