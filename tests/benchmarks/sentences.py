"""What made-up customers say to a robot: many different sentences from few words and many names."""

from collections.abc import Sequence
from random import Random

from calls import words

PATTERNS = (
    "我想问一下{thing}的{aspect}怎么{act}",
    "你们{place}的{thing}什么时候可以{act}",
    "麻烦帮我转人工，{thing}一直{act}不了",
    "我住在{name}{place}，{aspect}是怎么算的？",
    "上次{name}先生说{thing}可以{act}，到底行不行",
    "不用了，{thing}我已经{act}了",
    "嗯，那你把{thing}的{aspect}发到我手机上吧",
    "这个{thing}我没有{act}过，你是不是打错了？",
    "我是{name}，{place}那边的{thing}还没到",
    "{aspect}太贵了，{name}路那家便宜多了",
    "等一下，我在{place}，信号不好，你再说一遍{aspect}",
    "投诉！你们{thing}{act}了三次都没有人管",
    "好的好的，明天让{name}女士去{place}{act}",
    "订单尾号是{number}，帮我查{thing}",
)
THINGS = [
    "优惠券",
    "会员卡",
    "洗衣机",
    "空调",
    "宽带",
    "套餐",
    "积分",
    "快递",
    "发票",
    "保险",
    "贷款",
    "课程",
    "体检",
    "维修单",
    "冰箱",
    "沙发",
    "礼品",
    "账单",
    "信用卡",
    "水费",
    "燃气",
    "门票",
    "酒店",
    "机票",
    "合同",
    "手机号",
]
ASPECTS = [
    "费用",
    "有效期",
    "地址",
    "时间",
    "流程",
    "额度",
    "利息",
    "电话",
    "条件",
    "价格",
    "进度",
    "密码",
    "名额",
    "规则",
]
ACTS = [
    "办理",
    "取消",
    "退款",
    "预约",
    "续费",
    "使用",
    "查询",
    "领取",
    "修改",
    "安装",
    "激活",
    "报名",
    "开通",
    "投诉",
]
PLACES = [
    "小区",
    "门店",
    "公司",
    "学校",
    "医院",
    "仓库",
    "车站",
    "营业厅",
    "商场",
    "服务点",
    "写字楼",
    "村委会",
]
FIRST_CHARACTER, CHARACTERS = 0x4E00, 6_000


def make(seed: int, count: int) -> list[tuple[str, str]]:
    """Sentences, each with its pieces. Names are any characters, the first ones most often."""
    dice = Random(seed)  # noqa: S311 - no secret
    return [(text, words.pieces([text])) for text in (_sentence(dice) for _ in range(count))]


def _sentence(dice: Random) -> str:
    return dice.choice(PATTERNS).format(
        thing=_often(dice, THINGS),
        aspect=_often(dice, ASPECTS),
        act=_often(dice, ACTS),
        place=_often(dice, PLACES),
        name="".join(_character(dice) for _ in range(dice.choice((2, 2, 3)))),
        number=f"{dice.randrange(10_000):04d}",
    )


def _often(dice: Random, ones: Sequence[str]) -> str:
    """One of these, the first ones more often."""
    return ones[int(len(ones) * dice.random() ** 2)]


def _character(dice: Random) -> str:
    return chr(FIRST_CHARACTER + int(CHARACTERS * dice.random() ** 2))
